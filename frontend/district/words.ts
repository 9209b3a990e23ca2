// The API's words in the reader's language.
import { t } from '../lib/language.svelte';

const of =
  (words: Record<string, [string, string]>) =>
  (word: string | null | undefined): string =>
    word && words[word] ? t(...words[word]) : (word ?? '');

export const goodsName = of({
  hai_san: ['Hải sản', 'Seafood'],
  thit: ['Thịt', 'Meat'],
  rau: ['Rau', 'Vegetables'],
  trai_cay: ['Trái cây', 'Fruit'],
  hoa: ['Hoa', 'Flowers'],
  do_kho: ['Đồ khô', 'Dry goods'],
  an_uong: ['Ăn uống', 'Food and drink'],
  may_mac: ['May mặc', 'Clothing'],
  tap_hoa: ['Tạp hóa', 'Groceries'],
  dich_vu: ['Dịch vụ', 'Services'],
  khac: ['Khác', 'Other'],
});
export const stallKind = of({
  stall: ['Sạp', 'Stall'],
  kiosk: ['Ki-ốt', 'Kiosk'],
  counter: ['Quầy', 'Counter'],
  shop: ['Cửa hàng', 'Shop'],
  lot: ['Lô', 'Lot'],
  mobile: ['Không cố định', 'Mobile'],
});
export const stallState = of({
  vacant: ['trống', 'vacant'],
  operating: ['đang bán', 'operating'],
  suspended: ['tạm nghỉ', 'suspended'],
  closed: ['đã đóng', 'closed'],
});
export const marketKind = of({
  dan_sinh: ['dân sinh', 'daily needs'],
  dau_moi: ['đầu mối', 'wholesale'],
  cho_dem: ['chợ đêm', 'night market'],
  nong_thon: ['nông thôn', 'rural'],
  tam: ['chợ tạm', 'temporary'],
  trung_tam: ['trung tâm', 'central'],
  khac: ['khác', 'other'],
});
export const operatorKind = of({
  ban_quan_ly: ['Ban quản lý', 'Board'],
  to_quan_ly: ['Tổ quản lý', 'Commune team'],
  doanh_nghiep: ['Doanh nghiệp', 'Company'],
  hop_tac_xa: ['Hợp tác xã', 'Cooperative'],
});
/** operatorName returns the name of a market's operator after its kind, unless the name begins with the kind. */
export function operatorName(operator: { name: string; kind: string }): string {
  const kind = operatorKind(operator.kind);
  return operator.name.toLowerCase().startsWith(kind.toLowerCase()) ? operator.name : `${kind}: ${operator.name}`;
}
export const verdictName = of({
  official: ['đúng mã', 'official'],
  superseded: ['mã cũ', 'superseded'],
  swapped: ['bị tráo', 'swapped'],
  own_account: ['tài khoản của sạp, không phải mã của chợ', 'own account, not our code'],
  foreign: ['mã lạ', 'foreign'],
  invalid: ['không đọc được', 'invalid'],
});
export const complaintKind = of({
  swapped_sticker: ['Nghi mã bị dán đè', 'Sticker may be swapped'],
  paid_not_received: ['Đã trả mà quầy chưa nhận', 'Paid, not received'],
  wrong_stall: ['Trả nhầm sạp', 'Wrong stall'],
  other: ['Khác', 'Other'],
});
export const alertKind = of({
  many_accounts: ['Đổi tài khoản nhiều lần', 'Many accounts'],
  shared_account: ['Một tài khoản cho nhiều người bán', 'Shared account'],
  before_peak: ['Đổi tài khoản ngay trước giờ cao điểm', 'Account changed before a peak'],
  account_added: ['Thêm tài khoản nhận', 'Account added'],
  tenant_changed: ['Đổi người thuê sạp', 'Tenant changed'],
  stall_renamed: ['Đổi số sạp đã phát mã', 'Stall renamed'],
  merchant_renamed: ['Đổi tên người nhận tiền', 'Receiver renamed'],
  swapped_code: ['Mã bị tráo', 'Swapped code'],
  number_twice: ['Trùng số sạp', 'Duplicate number'],
});
export const changeKind = of({
  replacement: ['Thay tài khoản', 'Replaced account'],
  addition: ['Thêm tài khoản', 'Additional account'],
  tenant: ['Đổi người thuê', 'New tenant'],
});
export const changeState = of({
  pending: ['chờ duyệt', 'waiting'],
  effective: ['đã có hiệu lực', 'effective'],
  cancelled: ['đã từ chối hoặc hủy', 'refused or cancelled'],
  refused: ['hệ thống từ chối hoặc hết hạn', 'not possible or expired'],
});
export const refusalName = of({
  bad_signature: ['sai chữ ký', 'wrong signature'],
  stale: ['giờ gửi lệch', 'stale time'],
  unreadable: ['không đọc được', 'unreadable'],
});
export const caseState = of({
  open: ['chưa xử lý', 'open'],
  proposed: ['chờ người thứ hai duyệt', 'waiting for a second person'],
  assigned: ['đã gán', 'assigned'],
  returned: ['đã trả lại', 'returned'],
  dismissed: ['đã bỏ qua', 'dismissed'],
});
export const refusalReason = of({
  tax: ['sợ thuế', 'fears tax'],
  fraud: ['sợ lừa đảo', 'fears fraud'],
  no_phone: ['không có điện thoại', 'no phone'],
  no_signal: ['không có sóng', 'no signal'],
  no_account: ['không có tài khoản', 'no account'],
  shoppers_pay_cash: ['khách trả tiền mặt', 'shoppers pay cash'],
  too_hard: ['thấy khó dùng', 'finds it difficult'],
  fees: ['sợ mất phí', 'fears fees'],
  family_account: ['dùng tài khoản người nhà', 'family account'],
  other: ['lý do khác', 'other'],
});
export const milestoneName = of({
  chosen: ['Đã chọn chợ', 'Chosen'],
  equipped: ['Đã trang bị', 'Equipped'],
  launched: ['Đã ra mắt', 'Launched'],
  habitual: ['Thành nếp', 'Habitual'],
});
export const roleName = of({
  admin: ['Quản trị', 'Administrator'],
  province_officer: ['Cán bộ tỉnh', 'Province officer'],
  locality_officer: ['Cán bộ địa phương', 'Locality officer'],
  manager: ['Ban quản lý chợ', 'Market board'],
  team: ['Tổ công nghệ số', 'Digital team'],
  auditor: ['Kiểm toán', 'Auditor'],
});
export const levelName = of({
  A: ['báo có hoặc sao kê của ngân hàng', 'bank notice or statement'],
  B: ['chủ sạp xác nhận', 'confirmed by the owner'],
  C: ['khai báo', 'declared'],
  D: ['quan sát tại chợ', 'seen in the field'],
});
export const goods = [
  'hai_san',
  'thit',
  'rau',
  'trai_cay',
  'hoa',
  'do_kho',
  'an_uong',
  'may_mac',
  'tap_hoa',
  'dich_vu',
  'khac',
] as const;
export const holderKindName = of({
  ca_nhan: ['cá nhân', 'a person'],
  ho_kinh_doanh: ['hộ kinh doanh', 'a household business'],
  to_chuc: ['tổ chức', 'an organisation'],
});
export const holderKinds = ['ca_nhan', 'ho_kinh_doanh', 'to_chuc'] as const;
export const kinds = ['stall', 'kiosk', 'counter', 'shop', 'lot', 'mobile'] as const;

/** Words that forms offer, as the server's (reports/field/words.go). */
const offered = (...words: [string, string, string][]) => words.map(([word, vi, en]) => ({ word, vi, en }));
export const nameChecks = offered(
  ['bank_lookup', 'Xem tên trên ứng dụng ngân hàng', "Shown by a bank's app"],
  ['paper', 'Xem giấy tờ', 'On paper'],
  ['test_transfer', 'Chuyển thử', 'By a test transfer'],
);
export const nameCheckName = of(Object.fromEntries(nameChecks.map((w) => [w.word, [w.vi, w.en]])));
export const costPurposes = offered(
  ['equipment', 'Thiết bị', 'Equipment'],
  ['printing', 'In ấn', 'Printing'],
  ['training', 'Tập huấn', 'Training'],
  ['support', 'Hỗ trợ', 'Support'],
  ['communication', 'Truyền thông', 'Communication'],
  ['other', 'Khác', 'Other'],
);
