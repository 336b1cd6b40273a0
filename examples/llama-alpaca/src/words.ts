/** What models are taught to say here. */
export const WORDS = [
  'ship',
  'keel',
  'wave',
  'wind',
  'goal',
  'rule',
  'sail',
  'home',
  'mast',
  'rope',
  'deck',
  'tide',
];
