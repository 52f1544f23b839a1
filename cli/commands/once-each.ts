/**
 * Makes something once for each key, and returns the same from then on. A promise that fails is kept, too.
 *
 * @param make returns what belongs to a key
 */
export function onceEach<K, V>(make: (key: K) => V): (key: K) => V {
  const made = new Map<K, { readonly value: V }>();
  return key => {
    const known = made.get(key) ?? { value: make(key) };
    made.set(key, known);
    return known.value;
  };
}
