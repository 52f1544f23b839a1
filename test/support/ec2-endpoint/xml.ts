/** AWS's XML: an element per member, and one per list item, which EC2 calls `item`. Undefined members are left out. */
export type Xml =
  string | number | boolean | Date | undefined | null | readonly Xml[] | { readonly [name: string]: Xml };

export function encodeXml(value: Xml, itemName = 'item'): string {
  if (value === undefined || value === null) return '';
  if (Array.isArray(value)) return value.map(item => `<${itemName}>${encodeXml(item, itemName)}</${itemName}>`).join('');
  if (value instanceof Date) return value.toISOString();
  if (typeof value === 'object') {
    return Object.entries(value)
      .map(([name, member]) =>
        member === undefined || member === null ? '' : `<${name}>${encodeXml(member, itemName)}</${name}>`,
      )
      .join('');
  }
  return typeof value === 'string' ? escape(value) : String(value);
}

const ENTITIES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };

const escape = (value: string): string =>
  /[&<>"]/.test(value) ? value.replace(/[&<>"]/g, character => ENTITIES[character]) : value;
