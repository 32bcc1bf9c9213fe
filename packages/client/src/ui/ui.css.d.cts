// TypeScript checks that a style which is imported exists.
declare const nothing: undefined;
export = nothing;
