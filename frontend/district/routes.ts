// The screens: one row each. Who else may see a screen is decided by the API; the table only spares people dead ends.
import type { Component } from 'svelte';
import { t } from '../lib/language.svelte';
import type { Role } from './session.svelte';

export interface Route {
  /** First word behind the #/; what follows is here.now.args. */
  name: string;
  title: () => string;
  /** Under which heading of the menu; none: it is reached from another screen. */
  group?: 'figures' | 'programme' | 'market' | 'field';
  roles: Role[];
  load: () => Promise<{ default: Component }>;
}

const readers: Role[] = ['admin', 'province_officer', 'locality_officer', 'manager', 'auditor'];

export const routes: Route[] = [
  { name: 'overview', title: () => t('Tổng quan', 'Overview'), group: 'figures', roles: readers, load: () => import('./screens/Overview.svelte') },
  { name: 'field', title: () => t('Ghi tại chợ', 'Record in the field'), group: 'field', roles: ['team', 'manager', 'admin', 'province_officer'], load: () => import('./field/Field.svelte') },
];

export const groups: [NonNullable<Route['group']>, () => string][] = [
  ['figures', () => t('Số liệu', 'Figures')],
  ['programme', () => t('Chương trình', 'Programme')],
  ['market', () => t('Chợ', 'Markets')],
  ['field', () => t('Hiện trường', 'Field')],
];
