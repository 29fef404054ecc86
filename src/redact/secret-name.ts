/** Words of a name, any of which makes its value a secret or a person's. */
const WORDS = new Set(
  [
    'password passwd passphrase passcode pass pwd pin otp totp secret token jwt bearer auth authorization',
    'authentication credential cookie session sid csrf xsrf nonce signature apikey private card pan cvv cvc iban',
    'bic email mail phone mobile tel fax msisdn ssn passport birthday birthdate dob salt',
  ].flatMap((line) => line.split(' ')),
);

/** Anywhere in a name, letters and digits alone: names are also written without any mark between their words. */
const PARTS = [
  'password passwd passphrase secret apikey accesskey privatekey secretkey signingkey authorization authtoken',
  'accesstoken refreshtoken idtoken sessionid sessiontoken credential cookie creditcard debitcard cardnumber',
  'cardno accountnumber accountno routingnumber taxid nationalid emailaddress phonenumber telephone',
  'mobilenumber socialsecurity dateofbirth securitycode',
].flatMap((line) => line.split(' '));

/** More of a name is not read: what is behind it may be anything, so that such a name is taken for a secret's. */
const LONGEST_NAME = 200;

/** Whether values of this name (of a field, a header, a parameter) are not to be shown, whatever they look like. */
export function isSecretName(name: string): boolean {
  if (name.length > LONGEST_NAME) return true;
  const words = name
    .replace(/([a-z0-9])([A-Z])/g, '$1 $2')
    .replace(/([A-Z])([A-Z][a-z])/g, '$1 $2')
    .toLowerCase()
    .split(/[^a-z0-9]+/);
  // `tokens` is how many a model used; whose values are tokens is found by what they look like.
  if (
    words.some((word) => WORDS.has(word) || (word !== 'tokens' && word.endsWith('s') && WORDS.has(word.slice(0, -1))))
  ) {
    return true;
  }
  const squashed = words.join('');
  return PARTS.some((part) => squashed.includes(part));
}

/** The same of a JSON pointer: any part of it may say so, as `card` does in `/card/number`. */
export function isSecretPath(path: string): boolean {
  if (path.length > 5 * LONGEST_NAME) return true;
  return path.split('/').some((part) => isSecretName(part.replaceAll('~1', '/').replaceAll('~0', '~')));
}
