/** Returns an object as it is, but with other members in place of some of its own. */
export function withMembers<TObject extends object>(object: TObject, members: Partial<TObject>): TObject {
  return new Proxy(object, {
    get(target, property) {
      if (Object.hasOwn(members, property)) return Reflect.get(members, property);
      const value: unknown = Reflect.get(target, property, target);
      return typeof value === 'function' ? value.bind(target) : value;
    },
  });
}
