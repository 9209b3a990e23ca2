// The bank connections with their health and secrets, and what an admin does to them.
import { api, ask, readAll, type Schemas } from '../../../lib/client';
import { t } from '../../../lib/language.svelte';

export type Connection = Schemas['PaymentsConnectionDetail'];
export type Secret = Connection['secrets'][number];
export type Task = { name: 'disable' | 'enable' | 'approve' } | { name: 'retire'; secret: string };

const byId = (id: string) => ({ params: { path: { id } } });

/** readConnections reads all connections: unsigned ones first, then those that are enabled. */
export async function readConnections(): Promise<Connection[]> {
  // The list has no health and no secrets, so each connection is read by itself. They are few.
  const list = await readAll((query) => api.GET('/api/v1/bank-connections', { params: { query } }));
  const found: Connection[] = [];
  for (const c of list) found.push(await ask(api.GET('/api/v1/bank-connections/{id}', byId(c.id))));
  return found.toSorted((a, b) => Number(b.unsigned) - Number(a.unsigned) || Number(b.enabled) - Number(a.enabled));
}

/** perform does a task. */
export function perform(task: Task, id: string): Promise<unknown> {
  switch (task.name) {
    case 'approve':
      return ask(api.POST('/api/v1/bank-connections/{id}/approve', byId(id)));
    case 'retire':
      return ask(
        api.DELETE('/api/v1/bank-connections/{id}/secrets/{secret}', { params: { path: { id, secret: task.secret } } }),
      );
    default:
      return ask(
        api.PATCH('/api/v1/bank-connections/{id}', { ...byId(id), body: { enabled: task.name === 'enable' } }),
      );
  }
}

/** Tasks are the words for each task: its button, what it does, and whether it stops notices. */
export const tasks: Record<Task['name'], { label: () => string; effect: () => string; danger: boolean }> = {
  approve: {
    label: () => t('Duyệt nguồn không ký', 'Approve the unsigned feed'),
    effect: () =>
      t('Người duyệt phải là người khác với người đã tạo.', 'Who approves must be another person than who made it.'),
    danger: false,
  },
  enable: {
    label: () => t('Bật lại', 'Enable'),
    effect: () => t('Kết nối nhận báo có trở lại.', 'The connection accepts notices again.'),
    danger: false,
  },
  disable: { label: () => t('Tắt ngay', 'Disable now'), effect: refusedText, danger: true },
  retire: { label: () => t('Thu hồi khóa ngay', 'Retire the secret now'), effect: refusedText, danger: true },
};

function refusedText(): string {
  return t(
    'Báo có ký bằng khóa này, hoặc qua kết nối này, sẽ bị từ chối. Sạp không còn kết nối nào khác sẽ không được báo tiền nữa.',
    'Notices signed with it, or through the connection, will be refused. Stalls without another connection will no longer hear money arrive.',
  );
}

/** stateName returns whether a connection receives notices. */
export function stateName(c: Pick<Connection, 'enabled' | 'pending_approval'>): string {
  if (c.enabled) return t('đang nhận', 'enabled');
  return c.pending_approval ? t('chờ duyệt', 'waiting for approval') : t('đã tắt', 'disabled');
}

/** secretName returns the state of a secret, and what is wrong with it. */
export function secretName(s: Pick<Secret, 'active' | 'pending_approval' | 'unsigned' | 'weak'>): string {
  const inactive = s.pending_approval ? t('chờ duyệt', 'waiting') : t('đã thu hồi', 'retired');
  const state = s.active ? t('đang dùng', 'active') : inactive;
  return [state, s.unsigned && t('không ký', 'unsigned'), s.weak && t('dễ đoán', 'weak')].filter(Boolean).join(', ');
}
