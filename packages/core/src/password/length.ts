/** Longer passwords are refused unread, so that they cost no hashing. In characters. */
export const maxPasswordLength = 1024;
