package mongostore

import (
	"context"
	"errors"
	"fmt"
	"io"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"rapport/server/crm"
	"rapport/server/synclog"
)

// GridFS names a file by an id of its own, so that an upload that a crash cut
// short leaves chunks that nobody refers to and the next try starts afresh. Our
// id is the file's name.

func fileName(ws crm.WorkspaceID, id crm.ID) string { return string(ws) + "/" + string(id) }

// PutFile implements synclog.Store: a file is there once its description is,
// which is written after the last chunk.
func (s *Store) PutFile(ctx context.Context, ws crm.WorkspaceID, id crm.ID, r io.Reader) error {
	_, err := s.findFile(ctx, ws, id)
	if err == nil {
		_, err := io.Copy(io.Discard, r)
		return err
	}
	if !errors.Is(err, synclog.ErrNotFound) {
		return err
	}
	ctx, patience := withPatience(ctx)
	defer patience.done()
	if _, err := s.files.UploadFromStream(ctx, fileName(ws, id), sourceReader{r, patience}); err != nil {
		return fmt.Errorf("mongostore: put file: %w", sayFull(patience.explain(err)))
	}
	return nil
}

// OpenFile implements synclog.Store.
func (s *Store) OpenFile(ctx context.Context, ws crm.WorkspaceID, id crm.ID) (io.ReadCloser, error) {
	gridID, err := s.findFile(ctx, ws, id)
	if err != nil {
		return nil, err
	}
	ctx, patience := withPatience(ctx)
	stream, err := s.files.OpenDownloadStream(ctx, gridID)
	if err != nil {
		patience.done()
		return nil, fmt.Errorf("mongostore: open file: %w", patience.explain(err))
	}
	patience.pause()
	return &patientReader{stream, patience}, nil
}

// DeleteFile implements synclog.Store. Two uploads of one id at the same moment
// may have left two files.
func (s *Store) DeleteFile(ctx context.Context, ws crm.WorkspaceID, id crm.ID) error {
	for {
		gridID, err := s.findFile(ctx, ws, id)
		if errors.Is(err, synclog.ErrNotFound) {
			return nil
		}
		if err != nil {
			return err
		}
		if err := s.files.Delete(ctx, gridID); err != nil && !errors.Is(err, mongo.ErrFileNotFound) {
			return fmt.Errorf("mongostore: delete file: %w", err)
		}
	}
}

// findFile returns the GridFS id of the oldest file with our id.
// Errors: synclog.ErrNotFound.
func (s *Store) findFile(ctx context.Context, ws crm.WorkspaceID, id crm.ID) (bson.ObjectID, error) {
	ctx, patience := withPatience(ctx)
	defer patience.done()
	var found struct {
		ID bson.ObjectID `bson:"_id"`
	}
	err := s.files.GetFilesCollection().FindOne(ctx, bson.D{{Key: "filename", Value: fileName(ws, id)}},
		options.FindOne().SetSort(bson.D{{Key: "uploadDate", Value: 1}, {Key: "_id", Value: 1}})).Decode(&found)
	if errors.Is(err, mongo.ErrNoDocuments) {
		return bson.ObjectID{}, synclog.ErrNotFound
	}
	if err != nil {
		return bson.ObjectID{}, fmt.Errorf("mongostore: find file: %w", patience.explain(err))
	}
	return found.ID, nil
}
