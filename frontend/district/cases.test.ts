import { readFileSync } from 'node:fs';
import { afterEach, describe, expect, it } from 'vitest';
import { setLanguage } from '../lib/language.svelte';
import { actionName, caseActions, isClosed, kindAdvice, kindName, knownStall, postedStall, type Case } from './cases';

// The kinds that the API names, from the types made of it.
const schema = readFileSync('lib/schema.d.ts', 'utf8');
const kinds = /\n {8}PaymentsCase: \{[^]*?\n {12}kind: ([^;]+);/
  .exec(schema)![1]!
  .match(/"(\w+)"/g)!
  .map((k) => k.slice(1, -1));

afterEach(() => setLanguage('vi'));

describe('every kind of case that the API names', () => {
  it('is many', () => {
    expect(kinds.length).toBeGreaterThanOrEqual(15);
  });

  it.each(kinds)('%s has words in both languages, and something to do', (kind) => {
    const said = ['vi', 'en'].map((language) => {
      setLanguage(language);
      return [kindName(kind), kindAdvice(kind)];
    });
    expect(said.flat().every((text) => text.length > 5 && !text.includes('_'))).toBe(true);
    expect(said[0]).not.toEqual(said[1]);
    expect(kindName(kind)).not.toBe(kindName('a kind that is none'));
    const actions = caseActions({ kind: kind as 'conflict', notice_id: 'n', notice_state: 'pending' });
    expect(actions).toContain('dismiss');
    for (const action of actions) expect(actionName(action)).toBeTruthy();
  });

  it('is tried again only while its notice is pending', () => {
    expect(caseActions({ kind: 'retry_failed', notice_id: 'n', notice_state: 'pending' })).toEqual([
      'retry',
      'assign',
      'return',
      'dismiss',
    ]);
    expect(caseActions({ kind: 'retry_failed', notice_id: 'n', notice_state: 'posted' })).not.toContain('retry');
  });

  it('moves no money where there is none', () => {
    expect(caseActions({ kind: 'unreadable_item', notice_id: '', notice_state: null })).toEqual(['dismiss']);
    expect(caseActions({ kind: 'conflict', notice_id: '', notice_state: null })).toEqual(['dismiss']);
  });
});

describe('the stalls of a case', () => {
  const content = (changes: object) => ({ conflict_id: null, posted: false, stall_id: null, ...changes });
  const of = (changes: object) => ({ contents: [], proposal: null, ...changes }) as unknown as Case;

  it('are the proposed one, else that of the later content', () => {
    expect(knownStall(of({}))).toBeUndefined();
    expect(knownStall(of({ contents: [content({ conflict_id: 'c', stall_id: 's1' })] }))).toBe('s1');
    const proposal = { action: 'assign', stall_id: 's2' };
    expect(knownStall(of({ proposal, contents: [content({ conflict_id: 'c', stall_id: 's1' })] }))).toBe('s2');
  });

  it('name where the money is posted, except for a conflict', () => {
    expect(postedStall(of({ contents: [content({ posted: true, stall_id: 's1' })] }))).toBe('s1');
    const conflict = [content({ posted: true, stall_id: 's1' }), content({ conflict_id: 'c' })];
    expect(postedStall(of({ contents: conflict }))).toBeUndefined();
  });

  it('may be changed until the case is closed', () => {
    expect(['open', 'proposed', 'assigned', 'dismissed'].map((state) => isClosed({ state } as Case))).toEqual([
      false,
      false,
      true,
      true,
    ]);
  });
});
