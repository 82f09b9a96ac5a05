import { Alert, Button, FileButton } from '@mantine/core';
import { IconFileUpload } from '@tabler/icons-react';
import { type DragEvent, useState } from 'react';
import { FormattedMessage } from 'react-intl';
import { problemOf } from '../../api/hooks.ts';
import type { Import, Problem } from '../../api/wire.ts';
import classes from './imports.module.css';
import { useImportProblem } from './problems.ts';
import { uploadFile } from './upload.ts';

/** Takes a file by button or by drag; a file that cannot be read says why and changes nothing. */
export function FileDrop({ onUploaded }: { onUploaded(imported: Import): void }) {
  const problemText = useImportProblem();
  const [over, setOver] = useState(false);
  const [sending, setSending] = useState<string>();
  const [problem, setProblem] = useState<Problem>();

  const take = async (file: File | null | undefined) => {
    if (!file || sending) return;
    setSending(file.name);
    setProblem(undefined);
    try {
      onUploaded(await uploadFile(file));
    } catch (error) {
      setProblem(problemOf(error));
    } finally {
      setSending(undefined);
    }
  };
  const hold = (event: DragEvent) => {
    event.preventDefault();
    setOver(event.type === 'dragover');
  };
  return (
    <>
      {problem && (
        <Alert color="red" role="alert">
          {problemText(problem)}
        </Alert>
      )}
      {/* biome-ignore lint/a11y/noStaticElementInteractions: the button inside does the same without a mouse */}
      <div
        className={classes['drop']}
        data-over={over || undefined}
        onDragOver={hold}
        onDragLeave={hold}
        onDrop={(event) => {
          hold(event);
          void take(event.dataTransfer.files[0]);
        }}
      >
        <IconFileUpload size={32} stroke={1.4} aria-hidden />
        <p>
          <FormattedMessage id="imports.dropHere" />
        </p>
        <FileButton accept=".csv,.tsv,.txt,text/csv" onChange={(file) => void take(file)}>
          {(props) => (
            <Button {...props} loading={sending !== undefined}>
              <FormattedMessage id="imports.choose" />
            </Button>
          )}
        </FileButton>
        <small className="soft" role="status">
          {sending ? (
            <FormattedMessage id="imports.sending" values={{ name: sending }} />
          ) : (
            <FormattedMessage id="imports.limit" />
          )}
        </small>
      </div>
    </>
  );
}
