import { expect, it } from 'vitest';
import { alike } from './names';

it.each([
  ['NGUYEN THI HOA', ['Nguyễn Thị Hoà'], true],
  ['HKD NGUYEN THI HOA', ['Nguyễn Thị Hoa'], true],
  ['HOA BIEN', ['Trần Văn Út', 'Hộ kinh doanh Hoa Biển'], true],
  ['DANG VAN DUC', ['Đặng Văn Đức'], true],
  ['LE-VAN  UT', ['Lê Văn Út'], true],
  ['TRAN THI LAN', ['Nguyễn Thị Hoa'], false],
  ['HOA', ['Hoàng Văn Nam'], false],
  ['', ['Nguyễn Thị Hoa'], false],
  ['NGUYEN THI HOA', [], false],
])('%s is one of %j: %s', (holder, names, same) => {
  expect(alike(holder, names)).toBe(same);
});
