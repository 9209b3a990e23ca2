import { describe, expect, it } from 'vitest';
import type { AccountChange } from '../../../lib/client';
import { changeText, effectText } from './change_texts';

const change = (more: Partial<AccountChange>) =>
  ({
    kind: 'replacement',
    state: 'pending',
    proposed_by: 'board',
    old_account: { bank_name: 'ACB', account_number: '111', holder_name: 'TRAN THI HOA' },
    new_account: { bank_name: '', account_number: '222', holder_name: 'LE VAN BA' },
    effective_at: null,
    decided_at: null,
    why: '',
    ...more,
  }) as AccountChange;

describe('what was asked for', () => {
  it('names both accounts of a replacement', () =>
    expect(changeText(change({}), 'owner')).toBe(
      'Ban quản lý chợ yêu cầu đổi từ ACB 111 TRAN THI HOA sang ví điện tử 222 LE VAN BA.',
    ));
  it.each([
    ['addition', 'pending', 'Bạn yêu cầu thêm tài khoản ví điện tử 222 LE VAN BA.'],
    ['addition', 'effective', 'Bạn đã thêm tài khoản ví điện tử 222 LE VAN BA.'],
    ['tenant', 'pending', 'Bạn yêu cầu đổi người thuê sạp, tiền về ví điện tử 222 LE VAN BA.'],
    ['tenant', 'effective', 'Bạn đã đổi người thuê sạp.'],
  ] as const)('of the kind %s, %s: %s', (kind, state, text) =>
    expect(changeText(change({ kind, state, proposed_by: 'owner' }), 'owner')).toBe(text),
  );
});

describe('what became of it', () => {
  const at = '2026-10-31T02:42:00Z';
  it.each([
    [{}, 'Đang chờ người thứ hai duyệt.'],
    [{ effective_at: at }, 'Tự có hiệu lực lúc 09:42 31/10/2026.'],
    [{ effective_at: at, why: 'tenancy_ended' }, 'Không thể có hiệu lực: sạp đã đổi người thuê.'],
    [{ state: 'effective', effective_at: at }, 'Có hiệu lực từ 09:42 31/10/2026.'],
    [{ state: 'cancelled', decided_at: at }, 'Đã hủy lúc 09:42 31/10/2026.'],
    [{ state: 'refused', decided_at: at, why: 'other' }, 'Không được chấp nhận lúc 09:42 31/10/2026.'],
  ] as [Partial<AccountChange>, string][])('%j: %s', (more, text) => expect(effectText(change(more))).toBe(text));
});
