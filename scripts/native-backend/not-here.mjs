/** What the build needs and cannot be had here: no fault of the build, and for a CI no failure. */
import { SetupProblem } from '../setup/problem.mjs';

export class NotHere extends SetupProblem {
  /**
   * @param {string} what what is missing, and where it was looked for
   * @param {string} todo what to do about it
   */
  constructor(what, todo) {
    super(what, todo);
    this.name = 'NotHere';
  }
}
