/**
 * EC2's XML by string concatenation: a list is a run of <item>, an absent value is an absent element.
 */
export type XmlValue = string | number | boolean | Date | undefined | readonly XmlValue[] | XmlObject;

export interface XmlObject {
  readonly [name: string]: XmlValue;
}

const DECLARATION = '<?xml version="1.0" encoding="UTF-8"?>\n';

export function encodeResponse(action: string, requestId: string, result: XmlObject): string {
  const body = encodeMembers({ requestId, ...result });
  return `${DECLARATION}<${action}Response xmlns="http://ec2.amazonaws.com/doc/2016-11-15/">${body}</${action}Response>`;
}

export function encodeError(code: string, message: string, requestId: string): string {
  const error = encodeMembers({ Code: code, Message: message });
  return `${DECLARATION}<Response><Errors><Error>${error}</Error></Errors><RequestID>${requestId}</RequestID></Response>`;
}

export function encodeMembers(members: XmlObject): string {
  let xml = '';
  for (const name in members) xml += encodeElement(name, members[name]);
  return xml;
}

function encodeElement(name: string, value: XmlValue): string {
  if (value === undefined) return '';
  const content = encodeContent(value);
  return content === '' ? `<${name}/>` : `<${name}>${content}</${name}>`;
}

function encodeContent(value: Exclude<XmlValue, undefined>): string {
  if (typeof value === 'string') return escape(value);
  if (typeof value !== 'object') return String(value);
  if (value instanceof Date) return value.toISOString();
  if (isList(value)) return value.map(item => encodeElement('item', item)).join('');
  return encodeMembers(value);
}

function isList(value: readonly XmlValue[] | XmlObject): value is readonly XmlValue[] {
  return Array.isArray(value);
}

const ESCAPES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', '\r': '&#xD;' };

function escape(content: string): string {
  return /[&<>"\r]/.test(content) ? content.replace(/[&<>"\r]/g, character => ESCAPES[character]) : content;
}
