/** The 22 scheduled languages of India by their tags alone: what the command line offers, read with every command. */

/** The languages of the Eighth Schedule to the Constitution of India. */
export const scheduledTags = [
  'as', 'bn', 'brx', 'doi', 'gu', 'hi', 'kn', 'ks', 'kok', 'mai', 'ml', 'mni', 'mr', 'ne', 'or', 'pa', 'sa', 'sat', 'sd', 'ta', 'te', 'ur',
] as const // prettier-ignore
