// What a seller asks about most, in both languages.
import { t } from '../../../lib/language.svelte';

/** Topic is one question with its answer. */
export interface Topic {
  title: () => string;
  text: () => string;
}

export const topics: Topic[] = [
  {
    title: () => t('Chỉ tin khi loa báo', 'Trust the speaker only'),
    text: () =>
      t(
        'Ảnh chụp màn hình "đã chuyển" có thể giả. Tiền chỉ là của bạn khi loa báo hoặc số tiền hiện trên màn hình này.',
        'A picture that says "paid" may be false. The money is yours when the speaker says so or this screen shows it.',
      ),
  },
  {
    title: () => t('Loa không kêu', 'The speaker is silent'),
    text: () =>
      t(
        'Xem dòng đỏ trên cùng: mất mạng thì loa im. Chạm "Bắt đầu bán" lại một lần, tăng âm lượng máy.',
        'Look at the red line above: without a network it is silent. Touch "Start selling" once more and turn the volume up.',
      ),
  },
  {
    title: () => t('Khách trả thiếu hoặc dư', 'Too little or too much'),
    text: () =>
      t(
        'Thu tiền bằng mã có số tiền. Thiếu thì bấm "Mã cho phần còn thiếu", dư thì trả lại cho khách rồi ghi nhớ.',
        'Collect by a code with the amount. If something is missing, show a code for it; if it is too much, give it back.',
      ),
  },
  {
    title: () => t('Mã bị dán đè', 'Somebody pasted over my code'),
    text: () =>
      t(
        'Mỗi sáng hãy so tên trên mã với tên của bạn. Thấy lạ thì gỡ ngay và báo ban quản lý chợ.',
        'Compare the name on the code with yours each morning. If it differs, take it down and inform the board.',
      ),
  },
  {
    title: () => t('Cán bộ thấy gì của tôi?', 'What do officers see?'),
    text: () =>
      t(
        'Cán bộ thấy tên, sạp, ngân hàng và số cuối tài khoản, cùng số liệu gộp của chợ. Họ không bao giờ thấy khoản thu, doanh thu hay số tài khoản đầy đủ. Xem đủ ở mục "Ai xem dữ liệu của tôi".',
        'Officers see your name, stall, bank and the last digits of your account, and figures of the whole market: never your payments, your turnover or the whole account. See "Who sees my data" for the whole list.',
      ),
  },
];
