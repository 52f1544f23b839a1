/**
 * The security groups that have a tag with a certain key and one of several values.
 *
 * Keys and values are compared exactly, with regard to case. A group whose tags cannot be read is not among them, and
 * counts as a scan error.
 */
export interface GroupsTagged {
  /**
   * The tag key: 1 to 128 Latin letters, digits, spaces or `_.:/=+-@`, because IAM policies accept no others. It must
   * be known at synthesis.
   */
  readonly key: string;

  /**
   * The tag values, at least one. A value has at most 256 characters of Latin-1.
   */
  readonly values: string[];
}
