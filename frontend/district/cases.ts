// The kinds of cases in words, and the possible decisions about each. A kind of the API that is missing here does not compile.
import { t } from '../lib/language.svelte';
import type { Schemas } from '../lib/client';

export type Case = Schemas['PaymentsCase'];
export type CaseKind = Case['kind'];
/** CaseAction is what a person decides; retry posts a pending notice again at once. */
export type CaseAction = 'assign' | 'return' | 'dismiss' | 'retry';

interface Words {
  name: [string, string];
  advice: [string, string];
  actions: CaseAction[];
}

const moves: CaseAction[] = ['assign', 'return', 'dismiss'];

const kinds: Record<CaseKind, Words> = {
  over_limit: {
    name: ['Vượt 499.999.999 đ', 'Above 499,999,999 đ'],
    advice: [
      'Một lần chuyển không thể lớn như vậy: hãy hỏi ngân hàng trước khi gán.',
      'One transfer cannot be so large: ask the bank before you assign it.',
    ],
    actions: moves,
  },
  unknown_account: {
    name: ['Tài khoản không có trong sổ', 'Unknown account'],
    advice: [
      'Kiểm tra tài khoản này có phải của một sạp chưa đăng ký.',
      'See whether it is the account of a stall that is not registered yet.',
    ],
    actions: moves,
  },
  ambiguous_account: {
    name: ['Số tài khoản có ở hai ngân hàng', 'Number at two banks'],
    advice: [
      'Báo có không nêu ngân hàng: hỏi chủ sạp đã nhận chưa.',
      'The notice names no bank: ask the owner who received it.',
    ],
    actions: moves,
  },
  no_single_stall: {
    name: ['Không rõ sạp nào', 'No single stall'],
    advice: [
      'Nhiều sạp, hoặc không sạp nào đang bán, dùng tài khoản này và nội dung không có mã.',
      'Several stalls, or no open one, receive on it, and the note has no code.',
    ],
    actions: moves,
  },
  ambiguous_code: {
    name: ['Hai mã trong nội dung', 'Two codes in the note'],
    advice: ['Hỏi khách đã trả cho sạp nào.', 'Ask the shopper which stall was paid.'],
    actions: moves,
  },
  foreign_account: {
    name: ['Mã của sạp, tài khoản của nơi khác', 'Our code, another account'],
    advice: [
      'Có thể mã ở sạp đã bị dán đè: kiểm tra tem trước khi gán.',
      'The sticker may have been pasted over: check it before you assign.',
    ],
    actions: moves,
  },
  closed_stall: {
    name: ['Sạp đã đóng', 'Closed stall'],
    advice: [
      'Tiền đã ghi cho người thuê cuối cùng: gán lại nếu không phải của họ.',
      'It was posted to the last tenant: assign it elsewhere if it is not theirs.',
    ],
    actions: moves,
  },
  revoked_code: {
    name: ['Mã của người thuê trước', 'Code of a former tenant'],
    advice: [
      'Tiền đã ghi cho người thuê trước, là chủ của mã: gỡ mã cũ ở sạp, gán lại nếu cần.',
      'It was posted to the former tenant, the owner of the code: take the old code down, and assign it elsewhere if needed.',
    ],
    actions: moves,
  },
  other_currency: {
    name: ['Tiền tệ khác', 'Other currency'],
    advice: [
      'Sổ chỉ ghi đồng Việt Nam: báo chủ tài khoản, rồi bỏ qua.',
      'The books contain đồng only: inform the owner of the account, then dismiss the case.',
    ],
    actions: ['dismiss'],
  },
  original_unknown: {
    name: ['Hoàn chưa khớp khoản nào', 'Reversal without its payment'],
    advice: [
      'Khoản được hoàn không có trong sổ, hoặc ngân hàng mới báo hoàn một phần: đối chiếu với sao kê. Đã hoàn đủ thì chọn trả lại, sổ sẽ rút khoản đó khỏi sạp; không thì bỏ qua.',
      'What it takes back is not in the books, or the bank reported only a part: compare it with the statement. If all of it went back, choose return, and the books take it from the stall; else dismiss it.',
    ],
    actions: ['return', 'dismiss'],
  },
  paid_twice: {
    name: ['Trả hai lần', 'Paid twice'],
    advice: [
      'Khách trả thêm một lần cho đơn đã trả: thường phải trả lại.',
      'An order that was paid already was paid again: usually it is returned.',
    ],
    actions: moves,
  },
  told_twice: {
    name: ['Hai kết nối cùng báo', 'Reported by two connections'],
    advice: [
      'Kết nối khác đã báo một khoản giống hệt, khoản đó đã ghi sổ: đối chiếu với sao kê, chỉ gán nếu đúng là khoản thứ hai.',
      'Another connection reported an equal transfer, which is posted: compare it with the statement, and assign it only if it is a second one.',
    ],
    actions: moves,
  },
  future_dated: {
    name: ['Ngày báo có ở tương lai', 'Dated in the future'],
    advice: [
      'Tiền đã ghi theo giờ nhận: kiểm tra đồng hồ của ngân hàng, rồi bỏ qua.',
      "It was posted with the time of receipt: see to the bank's clock, then dismiss it.",
    ],
    actions: moves,
  },
  conflict: {
    name: ['Một mã giao dịch, hai nội dung', 'One id, two contents'],
    advice: [
      'Ngân hàng báo hai nội dung dưới một mã. Nội dung đầu giữ nguyên; hồ sơ này chỉ xử lý nội dung đến sau.',
      'The bank sent two contents under one id. The first one stays; this case decides on the later one only.',
    ],
    actions: moves,
  },
  unreadable_item: {
    name: ['Mục báo có không đọc được', 'Unreadable item'],
    advice: [
      'Không rõ có tiền hay không: đối chiếu với sao kê, rồi bỏ qua.',
      'It is not known whether it brought money: compare it with the statement, then dismiss it.',
    ],
    actions: ['dismiss'],
  },
  retry_failed: {
    name: ['Chưa ghi được vào sổ', 'Could not be posted'],
    advice: [
      'Máy chủ đã thử nhiều lần mà chưa ghi được khoản này; tiền chưa có trong sổ. Sửa nguyên nhân theo nhật ký máy chủ, rồi thử lại.',
      "The server tried many times and could not post it: the money is nowhere in the books. Mend the cause that the server's log names, then try again.",
    ],
    actions: ['retry', ...moves],
  },
};

const other: Words = { name: ['Hồ sơ khác', 'Another case'], advice: ['', ''], actions: ['dismiss'] };
const of = (kind: string): Words => kinds[kind as CaseKind] ?? other;

export const kindName = (kind: string): string => t(...of(kind).name);
/** causeName returns why a notice could not be posted. */
export const causeName = (cause: string): string =>
  ({
    busy: t('Cơ sở dữ liệu đang bận', 'The database is busy'),
    refused: t('Dữ liệu trái với một quy tắc của sổ', 'The data breaks a rule of the books'),
  })[cause] ?? t('Lỗi chưa rõ', 'An unknown error');
export const kindAdvice = (kind: string): string => t(...of(kind).advice);

/** caseActions returns the possible decisions about a case; a case without a notice can only be dismissed. */
export function caseActions(c: Pick<Case, 'kind' | 'notice_id' | 'notice_state'>): CaseAction[] {
  const { actions } = of(c.kind);
  return actions.filter((a) => a === 'dismiss' || (c.notice_id && (a !== 'retry' || c.notice_state === 'pending')));
}

export const actionName = (action: CaseAction): string =>
  ({
    assign: t('gán cho sạp', 'assign to a stall'),
    return: t('trả lại người gửi', 'return it'),
    dismiss: t('bỏ qua', 'dismiss'),
    retry: t('thử ghi lại', 'try again'),
  })[action];

/** isClosed reports whether a case was decided. */
export const isClosed = (c: Pick<Case, 'state'>): boolean => c.state !== 'open' && c.state !== 'proposed';

/** laterContent returns the later one of two contents that a bank sent under one id. */
export const laterContent = (c: Pick<Case, 'contents'>) => c.contents?.find((x) => x.conflict_id);

/** knownStall returns the stall to which a case would be assigned: the proposed one, else the one of its later content. */
export const knownStall = (c: Pick<Case, 'contents' | 'proposal'>): string | undefined =>
  ((c.proposal?.action === 'assign' && c.proposal.stall_id) || laterContent(c)?.stall_id) ?? undefined;

/** postedStall returns the stall to which the money of a case is posted now; both contents of a conflict say it themselves. */
export const postedStall = (c: Pick<Case, 'contents'>): string | undefined =>
  laterContent(c) ? undefined : (c.contents?.find((x) => x.posted)?.stall_id ?? undefined);
