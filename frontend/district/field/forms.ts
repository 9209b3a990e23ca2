// The forms of the field screen, one row each: who records with it, and which lists hold the same.
import type { Component } from 'svelte';
import { t } from '../../lib/language.svelte';
import { lists, type ListKind } from '../lists';
import type { Role } from '../session.svelte';
import Check from './Check.svelte';
import Cost from './Cost.svelte';
import Count from './Count.svelte';
import Fee from './Fee.svelte';
import Incident from './Incident.svelte';
import Lists from './Lists.svelte';
import Refusal from './Refusal.svelte';
import Share from './Share.svelte';
import Survey from './Survey.svelte';
import Training from './Training.svelte';
import Visit from './Visit.svelte';

/** Form is a way to record something. */
export interface Form {
  name: string;
  title: () => string;
  roles: Role[];
  screen: Component;
  /** What must be known before it is shown: a chosen market, the kit for those who record at markets, or nothing. */
  needs: 'market' | 'kit' | 'nothing';
  /** The lists that hold what it records. */
  lists: string[];
}

/** people are the roles that record at markets. */
export const people: Role[] = ['admin', 'manager', 'team'];
const board: Role[] = ['admin', 'manager'];
const province: Role[] = ['admin', 'province_officer'];

const atMarket = (form: Pick<Form, 'name' | 'title' | 'screen' | 'lists'> & { roles?: Role[] }): Form => ({
  roles: people,
  needs: 'market',
  ...form,
});

export const forms: Form[] = [
  atMarket({ name: 'visit', title: () => t('Lượt hỗ trợ', 'Visit'), screen: Visit, lists: ['visits'] }),
  atMarket({ name: 'check', title: () => t('Kiểm tra tem', 'Check'), screen: Check, lists: [] }),
  atMarket({ name: 'share', title: () => t('Tự khai', 'Declared share'), screen: Share, lists: ['declared-shares'] }),
  atMarket({
    name: 'training',
    title: () => t('Tập huấn', 'Training'),
    screen: Training,
    lists: ['trainings', 'attendances'],
  }),
  atMarket({ name: 'count', title: () => t('Đếm mẫu', 'Sample'), screen: Count, lists: ['sample-slots'] }),
  atMarket({ name: 'survey', title: () => t('Khảo sát', 'Survey'), screen: Survey, lists: ['survey-answers'] }),
  atMarket({ name: 'refusal', title: () => t('Từ chối', 'Refusal'), screen: Refusal, lists: ['refusals'] }),
  atMarket({ name: 'incident', title: () => t('Sự cố', 'Incident'), screen: Incident, lists: ['incidents'] }),
  atMarket({ name: 'fee', title: () => t('Phí chợ', 'Fees'), roles: board, screen: Fee, lists: ['fees'] }),
  {
    name: 'cost',
    title: () => t('Chi phí', 'Costs'),
    roles: province,
    screen: Cost,
    needs: 'nothing',
    lists: ['costs'],
  },
  {
    name: 'lists',
    title: () => t('Nhập tệp', 'Import'),
    roles: [...people, 'province_officer'],
    screen: Lists,
    needs: 'kit',
    lists: [],
  },
];

/** listsOf returns the lists that hold what a form records. */
export const listsOf = (form: Form): ListKind[] => form.lists.map((name) => lists.find((kind) => kind.name === name)!);
