import { describe, expect, it } from 'vitest';
import clips from './clips.json';
import table from './words.json';
import { closing, differs, late, number, received, several, takenBack, text } from './words';

describe('the voice', () => {
  it.each(table.numbers as [string, string][])('says %s as %s', (n, said) => {
    expect(text(number(BigInt(n)))).toBe(said);
  });

  it('warns of small amounts', () => {
    expect(received(200n)).toEqual(['alarm', 'only', '2', 'hundred', 'dong']);
    expect(text(received(200n))).toBe('chú ý, chỉ nhận hai trăm đồng');
    expect(received(1000n)[0]).toBe('chime');
  });

  it('says sentences', () => {
    expect(text(late(45000n, 10, 42))).toBe('đã nhận bốn mươi lăm nghìn đồng khoản lúc mười giờ bốn mươi hai');
    expect(text(several(30, 1350000n))).toBe('có ba mươi khoản tổng cộng một triệu ba trăm năm mươi nghìn đồng');
    expect(text(takenBack(45000n))).toBe('ngân hàng rút lại bốn mươi lăm nghìn đồng');
    expect(text(differs(40000n, 5000n))).toBe(
      'khác số tiền cần thu đã nhận bốn mươi nghìn đồng còn thiếu năm nghìn đồng',
    );
    expect(text(closing(2, 57000n))).toBe('hôm nay có hai khoản tổng cộng năm mươi bảy nghìn đồng');
  });

  it('has a recording of all it says', () => {
    const said = [
      ...received(1234567890123n),
      ...received(15n),
      ...late(21n, 0, 5),
      ...several(1, 105n),
      ...takenBack(1n),
      ...differs(1n, 1n),
      ...differs(1n, 0n),
      ...closing(1, 1n),
    ];
    const names = Object.keys(clips.clips);
    for (const clip of said) expect(names).toContain(clip);
  });
});
