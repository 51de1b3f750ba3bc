/** What is wrong with something a person typed: a text of the wizard's catalogue, with its values. */
export interface Problem {
  key: string;
  values?: Record<string, string | number>;
}
