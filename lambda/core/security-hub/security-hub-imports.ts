/** The part of the handler that only functions load that import findings. The bundle has it in a file of its own. */
export { tellSecurityHub, tellSecurityHubOfMember } from './check';
export { importFindings } from './import';
