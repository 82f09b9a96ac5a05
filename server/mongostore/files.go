package mongostore

import (
	"context"
	"errors"
	"fmt"
	"io"

	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"rapport/server/crm"
	"rapport/server/synclog"
)

func (s *Store) bucket() *mongo.GridFSBucket {
	return s.db.GridFSBucket(options.GridFSBucket().SetName(bucketName))
}

// PutFile implements synclog.Store: GridFS writes the file's own document last,
// so a broken upload leaves nothing that can be opened.
func (s *Store) PutFile(ctx context.Context, _ crm.WorkspaceID, id crm.ID, r io.Reader) error {
	if !id.Valid() {
		return synclog.ErrNotFound
	}
	err := s.bucket().UploadFromStreamWithID(ctx, string(id), string(id), r)
	if mongo.IsDuplicateKeyError(err) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("mongostore: put file: %w", err)
	}
	return nil
}

// OpenFile implements synclog.Store.
func (s *Store) OpenFile(ctx context.Context, _ crm.WorkspaceID, id crm.ID) (io.ReadCloser, error) {
	f, err := s.bucket().OpenDownloadStream(ctx, string(id))
	if errors.Is(err, mongo.ErrFileNotFound) {
		return nil, synclog.ErrNotFound
	}
	if err != nil {
		return nil, fmt.Errorf("mongostore: open file: %w", err)
	}
	return f, nil
}

// DeleteFile implements synclog.Store.
func (s *Store) DeleteFile(ctx context.Context, _ crm.WorkspaceID, id crm.ID) error {
	if err := s.bucket().Delete(ctx, string(id)); err != nil && !errors.Is(err, mongo.ErrFileNotFound) {
		return fmt.Errorf("mongostore: delete file: %w", err)
	}
	return nil
}
