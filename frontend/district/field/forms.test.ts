import { expect, it } from 'vitest';
import { forms, listsOf } from './forms';

it.each(forms.map((form) => [form.name, form] as const))('the lists of the form %s exist', (_, form) =>
  expect(listsOf(form).map((kind) => kind.name)).toEqual(form.lists),
);
