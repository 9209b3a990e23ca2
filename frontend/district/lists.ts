// The lists that boards and teams import from files: their columns, and where each is sent. The headings are the server's first names of
// the columns (reports/field, merchants/roster).
import { t } from '../lib/language.svelte';
import type { Role } from './session.svelte';

export interface Column {
  field: string;
  heading: string;
  needed: boolean;
  /** What may be written in it. */
  says: string;
  /** The name of the field kit's words that may be written in it. */
  words?: string;
}

export interface ListKind {
  name: string;
  of: 'market' | 'training' | 'campaign';
  title: () => string;
  roles: Role[];
  columns: () => Column[];
  /** What importing the same file again does, if it is not simply ignored. */
  again?: () => string;
}

const needed = (field: string, heading: string, says: string, words?: string): Column => ({
  field,
  heading,
  needed: true,
  says,
  words,
});
const free = (field: string, heading: string, says: string, words?: string): Column => ({
  field,
  heading,
  needed: false,
  says,
  words,
});

const stall = () =>
  needed('stall_number', 'Số sạp', t('như trong danh sách sạp, thí dụ A-12', 'as in the list of stalls, such as A-12'));
const note = () => free('note', 'Ghi chú', t('nhiều nhất 500 ký tự', 'at most 500 characters'));
const day = () => t('ngày/tháng/năm: 20/11/2026', 'day/month/year: 20/11/2026');
const moment = () =>
  t('ngày/tháng/năm, có thể thêm giờ: 20/11/2026 8:30', 'day/month/year, and the time if known: 20/11/2026 8:30');
const money = () => t('số đồng: 125.000.000', 'đồng: 125.000.000');
const yesNo = () => t('có hoặc không', 'có (yes) or không (no)');

const people: Role[] = ['admin', 'manager', 'team'];

export const lists: ListKind[] = [
  {
    name: 'visits',
    of: 'market',
    title: () => t('Lượt hỗ trợ', 'Visits'),
    roles: people,
    columns: () => [
      stall(),
      needed('visited_at', 'Ngày', moment()),
      needed('outcome', 'Kết quả', '', 'outcomes'),
      note(),
    ],
  },
  {
    name: 'trainings',
    of: 'market',
    title: () => t('Buổi tập huấn', 'Training sessions'),
    roles: people,
    columns: () => [
      needed('held_on', 'Ngày', day()),
      needed('topic', 'Nội dung', t('tên buổi tập huấn', 'what it was about')),
      free('trainer', 'Người hướng dẫn', t('tên người hoặc đơn vị', 'a person or an office')),
    ],
  },
  {
    name: 'attendances',
    of: 'training',
    title: () => t('Người dự tập huấn', 'Attendances'),
    roles: people,
    again: () =>
      t(
        'Mỗi buổi chỉ ghi mỗi người một lần: ai đã có thì bỏ khỏi tệp.',
        'Each is recorded once at a session: leave out who is recorded already.',
      ),
    columns: () => [stall()],
  },
  {
    name: 'declared-shares',
    of: 'market',
    title: () => t('Tỷ lệ tự khai', 'Declared shares'),
    roles: people,
    columns: () => [
      stall(),
      needed('asked_on', 'Ngày', day()),
      free(
        'customers',
        'Số khách',
        t('hỏi bao nhiêu khách gần nhất; bỏ trống là 10', 'of how many last customers; empty is 10'),
      ),
      needed('transfers', 'Chuyển khoản', t('mấy khách trong số đó chuyển khoản', 'how many of them paid by transfer')),
    ],
  },
  {
    name: 'sample-slots',
    of: 'market',
    title: () => t('Số đếm mẫu', 'Sample counts'),
    roles: people,
    columns: () => [
      needed(
        'starts_at',
        'Nửa giờ',
        t('lúc bắt đầu, như đã rút thăm: 20/11/2026 5:30', 'when it begins, as it was drawn: 20/11/2026 5:30'),
      ),
      free(
        'stratum',
        'Khung giờ',
        t('chỉ cần khi hai lượt rút thăm trùng nửa giờ', 'only where two draws have the same half-hour'),
      ),
      needed('sales', 'Tổng lượt bán', t('mọi lượt bán đã đếm', 'all sales that were counted')),
      needed('cashless_sales', 'Lượt không dùng tiền mặt', t('trong số đó', 'of them')),
      free('turnover', 'Tổng tiền', money()),
      free(
        'cashless_turnover',
        'Tiền không dùng tiền mặt',
        t('ghi cả hai số tiền hoặc không số nào', 'both amounts or none'),
      ),
    ],
  },
  {
    name: 'survey-answers',
    of: 'market',
    title: () => t('Phiếu khảo sát', 'Survey answers'),
    roles: people,
    again: () =>
      t(
        'Phiếu ẩn danh nên không nhận ra được phiếu trùng: nhập lại cùng một tệp là ghi thêm phiếu lần nữa.',
        'Anonymous answers cannot be recognised: the same file again adds them again.',
      ),
    columns: () => [
      needed('asked_on', 'Ngày', day()),
      needed('smartphone', 'Điện thoại thông minh', yesNo()),
      needed('signal', 'Sóng', yesNo()),
      needed('active', 'Nhận chuyển khoản', yesNo()),
      free('sex', 'Giới tính', '', 'sexes'),
      free('aged_60', 'Từ 60 tuổi', yesNo()),
      free('minority', 'Dân tộc thiểu số', yesNo()),
      free('non_fixed', 'Không cố định', yesNo()),
    ],
  },
  {
    name: 'refusals',
    of: 'market',
    title: () => t('Từ chối, rút khỏi', 'Refusals'),
    roles: people,
    columns: () => [
      stall(),
      needed('kind', 'Loại', '', 'refusal_kinds'),
      needed('reason', 'Lý do', '', 'reasons'),
      needed('said_on', 'Ngày', day()),
      note(),
    ],
  },
  {
    name: 'incidents',
    of: 'market',
    title: () => t('Sự cố', 'Incidents'),
    roles: people,
    columns: () => [
      needed('kind', 'Loại', '', 'incident_kinds'),
      needed('occurred_at', 'Ngày', moment()),
      free('closed_at', 'Đóng lúc', t('bỏ trống nếu chưa xử lý xong', 'empty while it is open')),
      free('stall_number', 'Số sạp', t('nếu xảy ra tại một sạp', 'if it happened at a stall')),
      note(),
    ],
  },
  {
    name: 'fees',
    of: 'market',
    title: () => t('Phí chợ', 'Fees'),
    roles: ['admin', 'manager'],
    columns: () => [
      needed('month', 'Tháng', t('tháng/năm: 10/2026', 'month/year: 10/2026')),
      needed('due', 'Phải thu', money()),
      needed('paid', 'Đã thu', money()),
      needed('paid_by_transfer', 'Thu qua chuyển khoản', money()),
    ],
  },
  {
    name: 'costs',
    of: 'campaign',
    title: () => t('Chi phí chương trình', 'Programme costs'),
    roles: ['admin', 'province_officer'],
    columns: () => [
      needed('market', 'Mã chợ', t('mã của chợ, xem bên dưới', "the market's code, see below")),
      needed('spent_on', 'Ngày chi', day()),
      needed('purpose', 'Khoản chi', '', 'purposes'),
      needed('amount', 'Số tiền', money()),
      note(),
    ],
  },
];

/** roster is the list of a market's stalls. */
export const roster = (): Column[] => [
  needed('number', 'Số sạp', t('mỗi số một lần trong chợ', 'each number once in a market')),
  free(
    'kind',
    'Loại',
    t(
      'sạp, ki-ốt, quầy, cửa hàng, lô, lưu động; bỏ trống là sạp',
      'in Vietnamese: sạp, ki-ốt, quầy, cửa hàng, lô, lưu động; empty is sạp',
    ),
  ),
  free('zone', 'Khu', t('khu, dãy, tầng', 'zone, row, floor')),
  free(
    'goods_group',
    'Ngành hàng',
    t(
      'hải sản, thịt, rau củ, trái cây, hoa, đồ khô, ăn uống, may mặc, tạp hóa, dịch vụ, khác',
      'in Vietnamese: hải sản, thịt, rau củ, trái cây, hoa, đồ khô, ăn uống, may mặc, tạp hóa, dịch vụ, khác',
    ),
  ),
  free('full_name', 'Họ tên', t('bỏ trống nếu sạp trống', 'empty for a vacant stall')),
  free('household_name', 'Tên hộ kinh doanh', t('nếu có', 'if any')),
  free('phone', 'Số điện thoại', t('cần khi có họ tên', 'with a name')),
  free('bank', 'Ngân hàng', t('tên hoặc mã, thí dụ Vietcombank', 'name or code, such as Vietcombank')),
  free(
    'account_number',
    'Số tài khoản',
    t('viết dạng chữ để không mất số 0 ở đầu', 'as text, to preserve leading zeros'),
  ),
  free('holder_name', 'Chủ tài khoản', t('tên hiện trên ứng dụng ngân hàng', "as a bank's app shows it")),
  free(
    'holder_kind',
    'Loại tài khoản',
    t('cá nhân, hộ kinh doanh, tổ chức', 'in Vietnamese: cá nhân, hộ kinh doanh, tổ chức'),
  ),
  free('since', 'Từ ngày', day()),
];
