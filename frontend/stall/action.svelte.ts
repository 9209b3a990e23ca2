// What a screen does for its user, one thing at a time: whether it is busy, and how it went.
import { sentence } from '../lib/client';
import { settle } from './steady';

export class Action {
  busy = $state(false);
  /** Why the last one failed. */
  wrong = $state('');
  /** What the last one says about its success. */
  done = $state('');

  /** run does something and reports whether it went well; a text that it returns is its success. */
  async run(does: () => Promise<string | void>): Promise<boolean> {
    this.wrong = this.done = '';
    this.busy = true;
    try {
      this.done = (await does()) ?? '';
    } catch (problem) {
      this.wrong = sentence(problem);
    }
    const isDone = !this.wrong;
    await settle(); // other controls may be where these were
    this.busy = false;
    return isDone;
  }

  /** fail shows why something failed that the user did not start. */
  fail = (problem: unknown): void => {
    this.wrong = sentence(problem);
  };
}
