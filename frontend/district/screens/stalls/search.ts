// Finds stalls by number, zone, merchant or goods.
import type { Stall } from '../../../lib/client';
import { folded } from '../../format';
import { goodsName } from '../../words';

/** Search is what was typed and the chosen state; an empty one fits all stalls. */
export interface Search {
  sought: string;
  state: string;
}

/** matches reports whether a stall fits a search. */
export function matches(stall: Stall, { sought, state }: Search): boolean {
  if (state && stall.state !== state) return false;
  const { number, zone, merchant, goods_group } = stall;
  const text = [number, zone, merchant?.full_name ?? '', merchant?.household_name ?? '', goodsName(goods_group)];
  return folded(text.join(' ')).includes(folded(sought));
}
