/**
 * Colours of twelve runs that stay apart, found by search: in each pair, of those who see all colours and of those who see
 * little or no red, green or blue, and against the paper. A test measures it.
 */
export const PALETTE = {
  light: {
    paper: '#ffffff',
    lines: [
      '#3a45ff',
      '#ff3b00',
      '#0b6b59',
      '#bb5ba5',
      '#6b1100',
      '#1995f2',
      '#0c9617',
      '#510588',
      '#954005',
      '#0005c7',
      '#6a4b96',
      '#0f4043',
    ],
  },
  dark: {
    paper: '#121212',
    lines: [
      '#02aaef',
      '#d1f4a1',
      '#dc0076',
      '#ad760e',
      '#5ae600',
      '#aa0cbc',
      '#01ffff',
      '#de7aa4',
      '#5256ff',
      '#d7ba9e',
      '#3c6d4e',
      '#98b02f',
    ],
  },
} as const;
