/** An error as the AWS SDK throws it. Its name is the AWS error code. */
export function awsError(
  code: string,
  message = `AWS says ${code}`,
  metadata: { readonly attempts?: number; readonly requestId?: string } = {},
): Error {
  return Object.assign(new Error(message), { name: code, $metadata: { attempts: 1, ...metadata } });
}
