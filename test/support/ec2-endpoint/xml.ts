/** EC2's XML: an element per member, and `<item>` per list item. Undefined members are left out. */
export type Xml =
  string | number | boolean | Date | undefined | null | readonly Xml[] | { readonly [name: string]: Xml };

export function encodeXml(value: Xml): string {
  if (value === undefined || value === null) return '';
  if (Array.isArray(value)) return value.map(item => `<item>${encodeXml(item)}</item>`).join('');
  if (value instanceof Date) return value.toISOString();
  if (typeof value === 'object') {
    return Object.entries(value)
      .map(([name, member]) =>
        member === undefined || member === null ? '' : `<${name}>${encodeXml(member)}</${name}>`,
      )
      .join('');
  }
  return typeof value === 'string' ? escape(value) : String(value);
}

const ENTITIES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };

const escape = (value: string): string =>
  /[&<>"]/.test(value) ? value.replace(/[&<>"]/g, character => ENTITIES[character]) : value;
