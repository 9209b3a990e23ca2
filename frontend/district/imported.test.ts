import { describe, expect, it } from 'vitest';
import {
  confirmations,
  importPath,
  importState,
  inSheet,
  rowErrors,
  rowName,
  sharedPhones,
  skippedLines,
} from './imported';
import type { Imported } from './work.svelte';

const result = (changes: Partial<Imported>): Imported => ({
  dry_run: true,
  applied: false,
  created: 0,
  unchanged: 0,
  faulty: 0,
  rows: [],
  skipped: [],
  ...changes,
});
const sheet = (name: string, skipped: number[], unread = '') => ({ name, rows: 3, skipped, unread });

describe('an imported list', () => {
  it('is applied, faulty or tried', () => {
    expect(importState(result({ applied: true, faulty: 0 }))).toBe('applied');
    expect(importState(result({ faulty: 2 }))).toBe('faulty');
    expect(importState(result({}))).toBe('tried');
  });

  it('names a sheet only where several hold a list', () => {
    expect(inSheet(4, 'Khu 1', 1)).toBe('4');
    expect(inSheet(4, 'Khu 1', 2)).toBe('4 (Khu 1)');
    const one = [sheet('Khu 1', [9]), sheet('Ghi chú', [], 'no headings')];
    expect(skippedLines(result({ skipped: [9], sheets: one } as Partial<Imported>))).toEqual(['9']);
    const two = [sheet('Khu 1', [9]), sheet('Khu 2', [5])];
    expect(skippedLines(result({ sheets: two } as Partial<Imported>))).toEqual(['9 (Khu 1)', '5 (Khu 2)']);
  });

  it('lists each error with its row, and each shared phone once', () => {
    const error = (code: string) => ({ field: 'phone', code, detail: code });
    const rows = [
      { action: 'create', line: 2, errors: null },
      { action: 'error', line: 3, sheet: 'Khu 1', errors: [error('phone_repeated'), error('required')] },
      { action: 'error', line: 4, errors: [error('phone_of_another'), error('phone_repeated')] },
    ] as Imported['rows'];
    const errors = rowErrors(result({ rows }));
    expect(errors.map((e) => `${rowName(e)} ${e.code}`)).toEqual([
      'Khu 1!3 phone_repeated',
      'Khu 1!3 required',
      '4 phone_of_another',
      '4 phone_repeated',
    ]);
    expect(sharedPhones(errors).map(rowName)).toEqual(['Khu 1!3', '4']);
  });

  it('asks to confirm only what was warned of', () => {
    expect(confirmations(result({}))).toEqual([]);
    const warnings = [{ code: 'zeros_lost', row: 2, column: '', detail: '', sheet: '' }] as Imported['warnings'];
    expect(confirmations(result({ warnings })).map((c) => c.name)).toEqual(['zeros']);
  });
});

describe('where a list is sent', () => {
  it('says that it is a trial, and what a person decided', () => {
    expect(importPath('/x/import', false, new URLSearchParams())).toBe('/x/import');
    expect(importPath('/x/import', true, new URLSearchParams({ since: '2026-01-01' }))).toBe(
      '/x/import?dry_run=true&since=2026-01-01',
    );
  });
});
