import { useIntl } from 'react-intl';
import { ErrorState } from '../ui/States.tsx';

/** In the place of a screen that could not be loaded or shown. What waits to be sent outlives the reload. */
export function ScreenFailed() {
  const intl = useIntl();
  return (
    <ErrorState
      sentence={intl.formatMessage({ id: 'app.screenFailed' })}
      verb={{ label: intl.formatMessage({ id: 'app.loadAgain' }), onPress: () => location.reload() }}
    />
  );
}
