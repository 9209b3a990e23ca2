// The screens, one row each. The API decides who may read what; the roles here only hide links that would lead to a refusal.
import type { Component } from 'svelte';
import { t } from '../lib/language.svelte';
import type { Role } from './session.svelte';

export interface Route {
  /** The first word after #/; the words after it are here.now.args. */
  name: string;
  title: () => string;
  /** The heading of the menu; none: another screen links to it. */
  group?: 'figures' | 'programme' | 'market' | 'field';
  roles: Role[];
  load: () => Promise<{ default: Component }>;
}

const readers: Role[] = ['admin', 'province_officer', 'locality_officer', 'manager', 'auditor'];
const allRoles: Role[] = [...readers, 'team'];
const board: Role[] = ['admin', 'manager'];
const boardAndAudit: Role[] = ['admin', 'manager', 'auditor'];

export const routes: Route[] = [
  {
    name: 'overview',
    title: () => t('Tổng quan', 'Overview'),
    group: 'figures',
    roles: readers,
    load: () => import('./screens/Overview.svelte'),
  },
  {
    name: 'map',
    title: () => t('Bản đồ', 'Map'),
    group: 'figures',
    roles: readers,
    load: () => import('./screens/Map.svelte'),
  },
  {
    name: 'compare',
    title: () => t('So sánh', 'Comparison'),
    group: 'figures',
    roles: readers,
    load: () => import('./screens/Compare.svelte'),
  },
  {
    name: 'indicators',
    title: () => t('Chỉ số', 'Indicators'),
    group: 'figures',
    roles: readers,
    load: () => import('./screens/Indicators.svelte'),
  },
  {
    name: 'reports',
    title: () => t('Báo cáo', 'Reports'),
    group: 'programme',
    roles: readers,
    load: () => import('./screens/Reports.svelte'),
  },
  {
    name: 'lateness',
    title: () => t('Đúng hạn, trễ hạn', 'On time and late'),
    group: 'programme',
    roles: readers,
    load: () => import('./screens/Lateness.svelte'),
  },
  {
    name: 'programme',
    title: () => t('Chương trình', 'Programme'),
    group: 'programme',
    roles: readers,
    load: () => import('./screens/Programme.svelte'),
  },
  {
    name: 'markets',
    title: () => t('Các chợ', 'Markets'),
    group: 'market',
    roles: allRoles,
    load: () => import('./screens/Markets.svelte'),
  },
  { name: 'market', title: () => t('Chợ', 'Market'), roles: allRoles, load: () => import('./screens/Market.svelte') },
  {
    name: 'stalls',
    title: () => t('Điểm kinh doanh', 'Stalls'),
    group: 'market',
    roles: ['admin', 'manager', 'team', 'auditor'],
    load: () => import('./screens/Stalls.svelte'),
  },
  {
    name: 'import',
    title: () => t('Nhập danh sách', 'Import'),
    group: 'market',
    roles: board,
    load: () => import('./screens/Import.svelte'),
  },
  {
    name: 'posters',
    title: () => t('In bảng mã', 'Posters'),
    group: 'market',
    roles: board,
    load: () => import('./screens/Posters.svelte'),
  },
  {
    name: 'invitations',
    title: () => t('Mời tiểu thương', 'Invitations'),
    group: 'market',
    roles: board,
    load: () => import('./screens/Invitations.svelte'),
  },
  {
    name: 'checks',
    title: () => t('Kiểm tra tem', 'Sticker checks'),
    group: 'market',
    roles: ['admin', 'manager', 'team', 'auditor'],
    load: () => import('./screens/Checks.svelte'),
  },
  {
    name: 'names',
    title: () => t('Đối chiếu tên', 'Account holders'),
    group: 'market',
    roles: board,
    load: () => import('./screens/AccountHolders.svelte'),
  },
  {
    name: 'cases',
    title: () => t('Hồ sơ sai lệch', 'Cases'),
    group: 'market',
    roles: boardAndAudit,
    load: () => import('./screens/Cases.svelte'),
  },
  {
    name: 'changes',
    title: () => t('Đổi tài khoản', 'Account changes'),
    group: 'market',
    roles: boardAndAudit,
    load: () => import('./screens/Changes.svelte'),
  },
  {
    name: 'alerts',
    title: () => t('Cảnh báo', 'Alerts'),
    group: 'market',
    roles: boardAndAudit,
    load: () => import('./screens/Alerts.svelte'),
  },
  {
    name: 'complaints',
    title: () => t('Phản ánh', 'Complaints'),
    group: 'market',
    roles: boardAndAudit,
    load: () => import('./screens/Complaints.svelte'),
  },
  {
    name: 'connections',
    title: () => t('Kết nối báo có', 'Bank connections'),
    group: 'market',
    roles: ['admin'],
    load: () => import('./screens/Connections.svelte'),
  },
  {
    name: 'field',
    title: () => t('Ghi tại chợ', 'Record in the field'),
    group: 'field',
    roles: ['team', 'manager', 'admin', 'province_officer'],
    load: () => import('./field/Field.svelte'),
  },
];

export const groups: [NonNullable<Route['group']>, () => string][] = [
  ['figures', () => t('Số liệu', 'Figures')],
  ['programme', () => t('Chương trình', 'Programme')],
  ['market', () => t('Chợ', 'Markets')],
  ['field', () => t('Hiện trường', 'Field')],
];
