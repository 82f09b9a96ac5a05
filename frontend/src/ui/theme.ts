import {
  ActionIcon,
  Button,
  type CSSVariablesResolver,
  createTheme,
  Drawer,
  defaultVariantColorsResolver,
  type MantineColorsTuple,
  Modal,
  Notification,
  Tooltip,
} from '@mantine/core';

// Mantine wants ten shades of a colour. Its components take ours from the
// tokens below; the shades serve the few places that compute from them.
const act: MantineColorsTuple = [
  '#dff0ed',
  '#c3e3de',
  '#9fd3cb',
  '#7ad9cb',
  '#4fc3b4',
  '#2fa395',
  '#1c8478',
  '#127469',
  '#0b6b63',
  '#06423d',
];

// Mantine's own greys are bluish; on warm paper they look like dirt. Text, lines
// and inputs that no variable below reaches take these.
const gray: MantineColorsTuple = [
  '#f6f5f1',
  '#eeece6',
  '#e6e3da',
  '#dfdcd3',
  '#c9c6bd',
  '#a9a69e',
  '#858a8d',
  '#566069',
  '#3a4249',
  '#1d2327',
];
const dark: MantineColorsTuple = [
  '#e9ecee',
  '#c3cad0',
  '#a3adb5',
  '#76818a',
  '#2c353b',
  '#232b30',
  '#161b1f',
  '#1b2125',
  '#121619',
  '#0c0f11',
];

/** The look of Mantine, all of it by the tokens of tokens.css. */
export const theme = createTheme({
  primaryColor: 'act',
  colors: { act, gray, dark },
  primaryShade: { light: 8, dark: 4 },
  autoContrast: true,
  fontFamily: 'var(--font)',
  headings: { fontFamily: 'var(--font)', fontWeight: '660' },
  fontSizes: { xs: 'var(--text-xs)', sm: 'var(--text-m)', md: 'var(--text-m)', lg: 'var(--text-l)', xl: 'var(--text-xl)' },
  spacing: { xs: 'var(--space-2)', sm: 'var(--space-3)', md: 'var(--space-4)', lg: 'var(--space-6)', xl: '2rem' },
  radius: { xs: '4px', sm: 'var(--radius-s)', md: 'var(--radius-m)', lg: 'var(--radius-l)', xl: '99px' },
  defaultRadius: 'md',
  cursorType: 'pointer',
  // Its idea of white text on a filled button is computed from the light shade; ours is a token of both themes.
  variantColorResolver: (input) => {
    const colours = defaultVariantColorsResolver(input);
    return input.variant === 'filled' && (input.color ?? 'act') === 'act' ? { ...colours, color: 'var(--act-ink)' } : colours;
  },
  respectReducedMotion: true,
  components: {
    Button: Button.extend({ defaultProps: { size: 'sm' } }),
    ActionIcon: ActionIcon.extend({ defaultProps: { variant: 'subtle', color: 'gray', size: 'lg' } }),
    Modal: Modal.extend({ defaultProps: { centered: true, radius: 'lg' } }),
    Drawer: Drawer.extend({ defaultProps: { position: 'right', shadow: 'none' } }),
    // By name: imported it would be part of the first load. Its placeholder for the
    // first focus is no child that a menu may have.
    Menu: { defaultProps: { withInitialFocusPlaceholder: false } },
    Notification: Notification.extend({ defaultProps: { withBorder: true } }),
    Tooltip: Tooltip.extend({
      defaultProps: { openDelay: 300, withArrow: true, events: { hover: true, focus: true, touch: false } },
    }),
  },
});

const shared = {
  '--mantine-color-body': 'var(--sheet)',
  '--mantine-color-text': 'var(--ink)',
  '--mantine-color-bright': 'var(--ink)',
  '--mantine-color-dimmed': 'var(--ink-soft)',
  '--mantine-color-placeholder': 'var(--ink-soft)',
  '--mantine-color-anchor': 'var(--act)',
  '--mantine-color-error': 'var(--stop)',
  '--mantine-color-default': 'var(--sheet)',
  '--mantine-color-default-hover': 'var(--well)',
  '--mantine-color-default-color': 'var(--ink)',
  '--mantine-color-default-border': 'var(--line-firm)',
  '--mantine-color-disabled': 'var(--well)',
  '--mantine-color-disabled-color': 'var(--ink-soft)',
  '--mantine-color-disabled-border': 'var(--line)',
  '--mantine-primary-color-filled': 'var(--act)',
  '--mantine-primary-color-filled-hover': 'color-mix(in oklab, var(--act) 90%, var(--ink))',
  '--mantine-primary-color-light': 'var(--act-wash)',
  '--mantine-primary-color-light-hover': 'color-mix(in oklab, var(--act-wash) 85%, var(--act))',
  '--mantine-primary-color-light-color': 'var(--act)',
  '--mantine-primary-color-contrast': 'var(--act-ink)',
  '--mantine-color-act-filled': 'var(--act)',
  '--mantine-color-act-filled-hover': 'color-mix(in oklab, var(--act) 90%, var(--ink))',
  '--mantine-color-act-light': 'var(--act-wash)',
  '--mantine-color-act-light-hover': 'color-mix(in oklab, var(--act-wash) 85%, var(--act))',
  '--mantine-color-act-light-color': 'var(--act)',
  '--mantine-color-act-outline': 'var(--act)',
  '--mantine-color-act-text': 'var(--act)',
  '--mantine-color-red-filled': 'var(--stop)',
  '--mantine-color-red-filled-hover': 'var(--stop)',
  '--mantine-color-red-light': 'var(--stop-wash)',
  '--mantine-color-red-light-hover': 'var(--stop-wash)',
  '--mantine-color-red-light-color': 'var(--stop)',
  '--mantine-color-red-outline': 'var(--stop)',
  '--mantine-color-red-text': 'var(--stop)',
  '--mantine-color-gray-text': 'var(--ink-soft)',
  '--mantine-color-gray-light': 'var(--well)',
  '--mantine-color-gray-light-hover': 'var(--line)',
  '--mantine-color-gray-light-color': 'var(--ink)',
};

/** Lets Mantine draw with the tokens of tokens.css, which know light from dark themselves. */
export const tokensAsVariables: CSSVariablesResolver = () => ({ variables: {}, light: shared, dark: shared });
