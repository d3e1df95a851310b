/** What stops the set-up, in words for the person who has to do something about it. */
export class SetupProblem extends Error {
  /**
   * @param {string} what what was wrong, and where
   * @param {string} todo what to do about it
   */
  constructor(what, todo) {
    super(`${what}\n${todo}`);
    this.name = 'SetupProblem';
  }
}
