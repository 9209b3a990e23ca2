import { readFileSync } from 'node:fs';
import { afterEach, describe, expect, it } from 'vitest';
import { setLanguage } from '../lib/language.svelte';
import { actionName, caseActions, kindAdvice, kindName } from './cases';

// The kinds that the API names, from the types made of it.
const schema = readFileSync('lib/schema.d.ts', 'utf8');
const kinds = /\n {8}PaymentsCase: \{[^]*?\n {12}kind: ([^;]+);/
  .exec(schema)![1]!
  .match(/"(\w+)"/g)!
  .map((k) => k.slice(1, -1));

afterEach(() => setLanguage('vi'));

describe('every kind of case that the API names', () => {
  it('is many', () => {
    expect(kinds.length).toBeGreaterThanOrEqual(15);
  });

  it.each(kinds)('%s has words in both languages, and something to do', (kind) => {
    const said = ['vi', 'en'].map((language) => {
      setLanguage(language);
      return [kindName(kind), kindAdvice(kind)];
    });
    expect(said.flat().every((text) => text.length > 5 && !text.includes('_'))).toBe(true);
    expect(said[0]).not.toEqual(said[1]);
    expect(kindName(kind)).not.toBe(kindName('a kind that is none'));
    const actions = caseActions({ kind: kind as 'conflict', notice_id: 'n', notice_state: 'pending' });
    expect(actions).toContain('dismiss');
    for (const action of actions) expect(actionName(action)).toBeTruthy();
  });

  it('is tried again only while its notice is pending', () => {
    expect(caseActions({ kind: 'retry_failed', notice_id: 'n', notice_state: 'pending' })).toEqual([
      'retry',
      'assign',
      'return',
      'dismiss',
    ]);
    expect(caseActions({ kind: 'retry_failed', notice_id: 'n', notice_state: 'posted' })).not.toContain('retry');
  });

  it('moves no money where there is none', () => {
    expect(caseActions({ kind: 'unreadable_item', notice_id: '', notice_state: null })).toEqual(['dismiss']);
    expect(caseActions({ kind: 'conflict', notice_id: '', notice_state: null })).toEqual(['dismiss']);
  });
});
