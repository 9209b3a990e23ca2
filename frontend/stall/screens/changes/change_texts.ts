// What the owner reads of a change of account: what was asked for, by whom, and what became of it.
import type { AccountChange } from '../../../lib/client';
import { t } from '../../../lib/language.svelte';
import { clock, day } from '../../../lib/time';

/** changeText returns what was asked for or done, and by whom; me is the id of the user. */
export function changeText(c: AccountChange, me: string | undefined): string {
  const by = c.proposed_by === me ? t('Bạn', 'You') : t('Ban quản lý chợ', "The market's board");
  const old = accountText(c.old_account);
  const added = accountText(c.new_account);
  const isPending = c.state === 'pending';
  switch (c.kind) {
    case 'addition':
      return isPending
        ? t(`${by} yêu cầu thêm tài khoản ${added}.`, `${by} asked for the further account ${added}.`)
        : t(`${by} đã thêm tài khoản ${added}.`, `${by} added the account ${added}.`);
    case 'tenant':
      return isPending
        ? t(
            `${by} yêu cầu đổi người thuê sạp, tiền về ${added}.`,
            `${by} asked for another tenant of the stall, with the account ${added}.`,
          )
        : t(`${by} đã đổi người thuê sạp.`, `${by} changed the stall's tenant.`);
    default:
      return t(`${by} yêu cầu đổi từ ${old} sang ${added}.`, `${by} asked to change from ${old} to ${added}.`);
  }
}

/** effectText returns when a change takes or took effect, or why it does not. */
export function effectText(c: AccountChange): string {
  const decided = timeText(c.decided_at);
  switch (c.state) {
    case 'pending':
      return pendingText(c);
    case 'effective':
      return t(`Có hiệu lực từ ${timeText(c.effective_at)}.`, `In effect since ${timeText(c.effective_at)}.`);
    case 'cancelled':
      return t(`Đã hủy lúc ${decided}.`, `Cancelled at ${decided}.`);
    default:
      return t(
        `Không được chấp nhận lúc ${decided}${reasonText(c.why)}.`,
        `Refused at ${decided}${reasonText(c.why)}.`,
      );
  }
}

function pendingText(c: AccountChange): string {
  if (c.why) return t(`Không thể có hiệu lực${reasonText(c.why)}.`, `It cannot take effect${reasonText(c.why)}.`);
  if (!c.effective_at) return t('Đang chờ người thứ hai duyệt.', "It waits for a second person's approval.");
  const at = timeText(c.effective_at);
  return t(`Tự có hiệu lực lúc ${at}.`, `It takes effect by itself at ${at}.`);
}

const accountText = (a: AccountChange['new_account']): string =>
  a ? `${a.bank_name || t('ví điện tử', 'e-wallet')} ${a.account_number} ${a.holder_name}` : t('không có', 'none');

const timeText = (time: string | null): string => (time ? `${clock(time)} ${day(time)}` : '');

/** reasonText returns why a change was refused or cannot take effect, after a colon; empty: there is no known reason. */
function reasonText(why: string): string {
  const reasons: Record<string, string> = {
    wallet_not_bank: t('ví điện tử không phải là ngân hàng', 'a wallet is no bank'),
    change_lapsed: t('đã quá hạn duyệt', 'it was not approved in time'),
    tenancy_ended: t('sạp đã đổi người thuê', 'the stall has another tenant'),
    account_in_use: t('người khác đang nhận tiền vào tài khoản này', 'another person receives on it'),
    account_stands: t('sạp đã có tài khoản này', 'the stall already has this account'),
  };
  return reasons[why] ? `: ${reasons[why]}` : '';
}
