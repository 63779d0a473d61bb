/**
 * A function of an object that never changes, worked out once for as long as the object lives. For what every call on the
 * hot path would work out anew from the same cached rows.
 */
export function remembered<Subject extends object, Result>(
  workOut: (subject: Subject) => Result,
): (subject: Subject) => Result {
  const results = new WeakMap<Subject, Result>();
  return (subject) => {
    const known = results.get(subject);
    if (known !== undefined) return known;
    const result = workOut(subject);
    results.set(subject, result);
    return result;
  };
}
