// The screens of the app and its tabs. The name of a screen is the fragment of the address.
import type { Component } from 'svelte';
import { t } from '../lib/language.svelte';
import Code from './screens/Code.svelte';
import Keypad from './screens/Keypad.svelte';
import More from './screens/More.svelte';
import Sell from './screens/Sell.svelte';
import Today from './screens/Today.svelte';

export type ScreenName =
  'sell' | 'keypad' | 'code' | 'today' | 'more' | 'book' | 'visibility' | 'accounts' | 'helpers' | 'soundbox' | 'check';

/** later returns a screen that is loaded when it is opened. */
const later = (load: () => Promise<{ default: Component }>) => async () => (await load()).default;

/** screens opens each screen: those of the tabs at once, the others once they are loaded. */
export const screens: Record<ScreenName, () => Component | Promise<Component>> = {
  sell: () => Sell,
  keypad: () => Keypad,
  code: () => Code,
  today: () => Today,
  more: () => More,
  book: later(() => import('./screens/Book.svelte')),
  visibility: later(() => import('./screens/Visibility.svelte')),
  accounts: later(() => import('./screens/Accounts.svelte')),
  helpers: later(() => import('./screens/Staff.svelte')),
  soundbox: later(() => import('./screens/Soundboxes.svelte')),
  check: later(() => import('./screens/Check.svelte')),
};

/** screenOf returns the screen that the fragment of an address names; the first one, if it names none. */
export function screenOf(hash: string): ScreenName {
  const name = hash.slice(1);
  return name in screens ? (name as ScreenName) : 'sell';
}

/** Tab is a screen with its label and its picture, below every screen. */
interface Tab {
  name: ScreenName;
  label: () => string;
  path: string;
}

export const tabs: Tab[] = [
  { name: 'sell', label: () => t('Bán hàng', 'Sell'), path: 'M3 9h18l-2 4h-2v7H7v-7H5zM5 4h14v3H5z' },
  {
    name: 'keypad',
    label: () => t('Thu tiền', 'Collect'),
    path: 'M5 3h14v18H5zm2 2v4h10V5zm0 6v2h2v-2zm4 0v2h2v-2zm4 0v2h2v-2zm-8 4v2h2v-2zm4 0v2h2v-2zm4 0v4h2v-4z',
  },
  {
    name: 'code',
    label: () => t('Mã QR', 'QR code'),
    path: 'M3 3h8v8H3zm2 2v4h4V5zm8-2h8v8h-8zm2 2v4h4V5zM3 13h8v8H3zm2 2v4h4v-4zm8-2h3v3h-3zm5 0h3v3h-3zm-5 5h3v3h-3zm5 0h3v3h-3z',
  },
  { name: 'today', label: () => t('Hôm nay', 'Today'), path: 'M4 5h3V3h2v2h6V3h2v2h3v16H4zm2 5v9h12v-9z' },
  { name: 'more', label: () => t('Thêm', 'More'), path: 'M4 6h16v3H4zm0 5h16v3H4zm0 5h16v3H4z' },
];

/** tabOf returns the tab of a screen; screens without a tab are opened from the last one. */
export const tabOf = (screen: ScreenName): ScreenName => (tabs.some((tab) => tab.name === screen) ? screen : 'more');
