import { Alert, Button, Result } from 'antd';
import { useRouteError, Link } from 'react-router';
import { ApiError, isConflict, isNotFound, UnreachableError } from '../api/problem';
import { Page } from '../components/page';
import { useMessages } from './i18n';
import { commonMessages } from './messages';

/** The sentence to show for an error: the hub's own where there is one. */
export function useErrorSentence(): (error: unknown) => string {
  const words = useMessages(commonMessages);
  return (error) => {
    if (error instanceof UnreachableError) return words.unreachable;
    if (error instanceof ApiError) return isConflict(error) && error.status === 412 ? words.changedElsewhere : error.message;
    return words.unexpected;
  };
}

/** In place of something that could not be loaded. */
export function LoadError({ error, retry }: { error: unknown; retry?: () => void }) {
  const words = useMessages(commonMessages);
  const sentence = useErrorSentence();
  if (isNotFound(error)) return <NotFound />;
  return (
    <Alert
      type="error"
      showIcon
      title={words.loadFailed}
      description={sentence(error)}
      action={retry && <Button onClick={retry}>{words.retry}</Button>}
    />
  );
}

/** Inside a page: what is asked for doesn't exist, or not for this person. */
export function NotFound() {
  const words = useMessages(commonMessages);
  return (
    <div className="card">
      <Result
        status="info"
        icon={null}
        subTitle={words.notFound}
        extra={
          <Link to="/releases">
            <Button>{words.toReleases}</Button>
          </Link>
        }
      />
    </div>
  );
}

/** An address that is no page. */
export function NotFoundPage() {
  const words = useMessages(commonMessages);
  return (
    <Page title={words.notFoundTitle}>
      <NotFound />
    </Page>
  );
}

/** Where React's rendering failed: a defect of the console, or a file of an older console that is gone. */
export function RouteError() {
  const words = useMessages(commonMessages);
  const error = useRouteError();
  console.error(error);
  return (
    <Result
      status="error"
      title={words.loadFailed}
      subTitle={words.unexpected}
      extra={<Button onClick={() => window.location.reload()}>{words.reload}</Button>}
    />
  );
}
