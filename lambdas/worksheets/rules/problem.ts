/** What is wrong with something that a person wrote: a directive, a search, a spec. Its message is for that person. */
export class LanguageProblem extends Error {
  constructor(message: string) {
    super(message);
    this.name = "LanguageProblem";
  }
}
