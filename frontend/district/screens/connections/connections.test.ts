import { describe, expect, it } from 'vitest';
import { secretName, stateName } from './connections';

describe('what a connection and its secrets are called', () => {
  it.each([
    [true, false, 'đang nhận'],
    [false, true, 'chờ duyệt'],
    [false, false, 'đã tắt'],
  ])('enabled %s, pending %s: %s', (enabled, pending_approval, name) =>
    expect(stateName({ enabled, pending_approval })).toBe(name),
  );

  it('names all that is wrong with a secret', () =>
    expect(secretName({ active: true, pending_approval: false, unsigned: true, weak: true })).toBe(
      'đang dùng, không ký, dễ đoán',
    ));
  it('names a secret that was retired', () =>
    expect(secretName({ active: false, pending_approval: false, unsigned: false, weak: false })).toBe('đã thu hồi'));
});
