/** The file that the app writes and the check reads. */
export interface Findings {
  /** The findings of the pack, in the words of cdk-nag. */
  readonly findings: readonly string[];
  /** The suffixes of the rules that looked at something and had nothing against it. */
  readonly passed: readonly string[];
  /** The ids of the findings in the same policies without the acknowledgements of the library. */
  readonly unacknowledged: readonly string[];
}
