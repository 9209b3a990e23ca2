// What a seller reads of a sticker that was checked.
import type { StickerCheck } from '../../../lib/client';
import { t } from '../../../lib/language.svelte';

/** verdictTexts are the sentences for each result of a check. */
export const verdictTexts: Record<StickerCheck['verdict'], () => string> = {
  official: () => t('Đúng mã chính thức của sạp.', "This is the stall's official code."),
  superseded: () =>
    t(
      'Mã cũ: tiền vẫn đến sạp, nhưng hãy in và dán mã mới.',
      'An old code: money still comes, but print and hang the new one.',
    ),
  own_account: () =>
    t(
      'Tài khoản của sạp, nhưng không phải mã của chợ: hãy dán mã chính thức.',
      "The stall's own account, but not the market's code: hang the official one.",
    ),
  swapped: () =>
    t(
      'Mã bị tráo! Gỡ ngay và báo ban quản lý chợ.',
      "The code was swapped! Take it down and inform the market's board.",
    ),
  foreign: () =>
    t(
      'Không phải mã của sạp! Tiền sẽ đi nơi khác. Gỡ ngay và báo ban quản lý chợ.',
      "Not the stall's code! Money would go elsewhere. Take it down and inform the board.",
    ),
  invalid: () => t('Mã này không phải mã chuyển khoản.', 'This is not a transfer code.'),
};
