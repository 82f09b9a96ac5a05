package httpapi

import (
	"rapport/server/pipeline"
	"rapport/server/records"
	"rapport/server/workspace"
)

// CommandRoutes returns the commands about records, pipelines and boards.
func CommandRoutes(ws *workspace.Workspace, recs *records.Service, pipes *pipeline.Service) []Route {
	return []Route{
		commandRoute(ws, "record.create", recs.Create),
		commandRoute(ws, "record.edit", recs.Edit),
		commandRoute(ws, "record.trash", recs.Trash),
		commandRoute(ws, "record.restore", recs.Restore),
		commandRoute(ws, "record.assign", recs.Assign),
		commandRoute(ws, "record.share", recs.Share),
		commandRoute(ws, "comment.add", recs.AddComment),
		commandRoute(ws, "field.define", recs.DefineField),
		commandRoute(ws, "field.edit", recs.EditField),
		commandRoute(ws, "undo", recs.Undo),
		commandRoute(ws, "deal.move", pipes.Move),
		commandRoute(ws, "pipeline.save", pipes.SavePipeline),
		commandRoute(ws, "board.create", pipes.CreateBoard),
		commandRoute(ws, "board.share", pipes.ShareBoard),
		commandRoute(ws, "board.unshare", pipes.UnshareBoard),
	}
}
