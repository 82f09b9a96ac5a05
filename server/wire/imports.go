package wire

// ImportState says where an import stands.
type ImportState string

// The states.
const (
	ImportUploaded  ImportState = "uploaded"  // the file is here; nothing is imported yet
	ImportRunning   ImportState = "running"   // also while it waits for another import
	ImportDone      ImportState = "done"      // see Counts; Result can be fetched
	ImportCancelled ImportState = "cancelled" // what was written until then stays; undo takes it back
	ImportFailed    ImportState = "failed"    // see Problem; what was written until then stays
)

// Import is an uploaded file and what became of it. Only the person who
// uploaded it gets to see it. One command undo{group: id} takes all of it back.
type Import struct {
	ID        string          `json:"id"`
	Name      string          `json:"name"` // of the file
	Size      int             `json:"size"` // bytes
	CreatedAt string          `json:"createdAt"`
	State     ImportState     `json:"state"`
	Counts    ImportCounts    `json:"counts"`
	Problem   string          `json:"problem,omitempty"`  // reason key "problem.<reason>" of a failed import
	Settings  ImportSettings  `json:"settings"`           // as recognised, or as chosen when it was started
	Analysis  *ImportAnalysis `json:"analysis,omitempty"` // while the file waits to be imported
	SameAs    string          `json:"sameAs,omitempty"`   // id of an earlier import of the very same file
	HasResult bool            `json:"hasResult"`          // GET …/rows and …/result answer
	Undoable  bool            `json:"undoable"`           // it wrote something, and that was not taken back
	Undone    bool            `json:"undone"`             // it was taken back
	UndoneBy  string          `json:"undoneBy,omitempty"` // undo{group} of this brings everything back
	BoardID   string          `json:"boardId,omitempty"`  // where the deals can be seen
}

// ImportCounts counts rows. Created + Matched + Refused = Done.
type ImportCounts struct {
	Total   int `json:"total"` // rows below the header that hold anything
	Done    int `json:"done"`
	Created int `json:"created"`
	Matched int `json:"matched"` // deals that were there already
	Refused int `json:"refused"`
}

// ImportList holds a person's imports, newest first.
type ImportList struct {
	Imports []Import `json:"imports"` // without Analysis
}

// ImportSettings says how to read a file and what to make of it. An empty text
// means "as recognised".
type ImportSettings struct {
	Encoding  string `json:"encoding"`  // one of ImportAnalysis.Encodings
	Delimiter string `json:"delimiter"` // "," ";" "|" or a tab
	// HeaderRow is the number of the row with the column names, from 1; 0 = the
	// file has none, -1 = as recognised.
	HeaderRow int            `json:"headerRow"`
	Columns   []ImportColumn `json:"columns"` // by position; columns beyond the last are left out; none = as recognised
	// Target is where the deals go. PipelineID "" makes a new pipeline and its
	// board of the given name.
	PipelineID   string `json:"pipelineId"`
	PipelineName string `json:"pipelineName"`
	DepartmentID string `json:"departmentId"` // whose records they become
	// Stages maps the stage names of the file; names that are missing here are
	// matched or created as recognised.
	Stages []ImportStage `json:"stages"`
	// People maps the owners of the file; those that are missing here are found
	// by name or e-mail.
	People   []ImportPerson `json:"people"`
	Owners   ImportOwners   `json:"owners"`   // what to do with owners that nobody here is
	Currency string         `json:"currency"` // of amounts that name none
}

// ImportOwners says what becomes of owners who are not in the workspace.
type ImportOwners string

// The choices.
const (
	// OwnersRecognised leaves the choice to the server.
	OwnersRecognised ImportOwners = ""
	// OwnersCreate makes a person of each name, without access until invited.
	OwnersCreate ImportOwners = "create"
	// OwnersMe gives the deals to the importer; the name is kept as the deal's source.
	OwnersMe ImportOwners = "me"
)

// DateOrder says how a column writes dates.
type DateOrder string

// The orders.
const (
	OrderYMD DateOrder = "ymd" // 2026-11-24, also with 年月日
	OrderDMY DateOrder = "dmy" // 24.11.2026, 24/11/2026, 24 Nov 2026
	OrderMDY DateOrder = "mdy" // 11/24/2026, Nov 24, 2026
	// OrderAsk: every date of the column can be read both ways. The import does
	// not start before one of the others is chosen.
	OrderAsk DateOrder = "ask"
)

// ImportColumn says what one column of the file becomes.
type ImportColumn struct {
	// Field is a field of a deal ("amount", "fields.industry"), or one of
	// "customer" (name), "contact" (name), "contactEmail", "contactPhone",
	// "owner" (name or e-mail), "stage" (name), "currency", "closeOn" (expected
	// or real day of closing, by the stage). "" leaves the column out.
	Field     string    `json:"field"`
	DateOrder DateOrder `json:"dateOrder,omitempty"` // of date fields
	Decimal   string    `json:"decimal,omitempty"`   // of amounts and numbers: "." or ","
	// Unsure: all numbers of the column can be read both ways, and nobody has
	// chosen Decimal.
	Unsure bool `json:"unsure,omitempty"`
}

// ImportStage maps one stage name of the file.
type ImportStage struct {
	Name        string `json:"name"`    // as in the file
	StageID     string `json:"stageId"` // a stage of the pipeline; "" creates one
	Kind        string `json:"kind"`    // of a created one: open | won | lost
	Probability int    `json:"probability"`
	Rows        int    `json:"rows"` // answer only
}

// ImportPerson maps one owner of the file.
type ImportPerson struct {
	Name   string `json:"name"`   // as in the file: a name or an e-mail
	UserID string `json:"userId"` // "": nobody here; see ImportSettings.Owners
	Rows   int    `json:"rows"`   // answer only
}

// ImportAnalysis is what the server read out of the file.
type ImportAnalysis struct {
	Encodings []string        `json:"encodings"` // that can be chosen; the most likely first
	Sure      bool            `json:"sure"`      // whether the encoding is certain
	Top       [][]string      `json:"top"`       // the first rows of the file, from which a header can be chosen
	Headers   []string        `json:"headers"`
	Samples   [][]string      `json:"samples"` // up to 3 values of each column
	Fields    []string        `json:"fields"`  // that a column may become
	Rows      []ImportRow     `json:"rows"`    // the first rows as they would be imported
	Stages    []ImportStage   `json:"stages"`  // of the file, in the order of a pipeline
	People    []ImportPerson  `json:"people"`  // of the file, at most 300: names that nobody here has first, then by number of rows
	Forecast  ImportForecast  `json:"forecast"`
	Problems  []ImportProblem `json:"problems"` // by number of rows, at most 50
	Rights    ImportRights    `json:"rights"`
}

// ImportRights says what the importer may make besides deals.
type ImportRights struct {
	Pipelines bool `json:"pipelines"` // pipelines, boards and stages
	People    bool `json:"people"`
}

// ImportForecast is what the import of the whole file would do.
type ImportForecast struct {
	Counts    ImportCounts `json:"counts"`
	Completed int          `json:"completed"` // deals that are there already and get values that they lack
	Customers int          `json:"customers"` // to be created
	Contacts  int          `json:"contacts"`
	People    []string     `json:"people"` // owners that nobody here has, at most 100
	Stages    int          `json:"stages"` // to be created
}

// ImportRow is one row of the file as it would be imported.
type ImportRow struct {
	Row    int          `json:"row"`  // in the file, from 1
	Fate   string       `json:"fate"` // create | match | refuse
	Cells  []ImportCell `json:"cells"`
	Reason string       `json:"reason,omitempty"` // of the row as a whole, "problem.<reason>"
}

// ImportCell is one value.
type ImportCell struct {
	Text    string `json:"text"`              // as in the file
	Value   any    `json:"value,omitempty"`   // as it would be kept: text, number, Money
	Problem string `json:"problem,omitempty"` // reason key "problem.<reason>"
}

// ImportProblem sums up one kind of problem.
type ImportProblem struct {
	Field    string `json:"field"` // "" for the row as a whole
	Problem  string `json:"problem"`
	Rows     int    `json:"rows"`
	FirstRow int    `json:"firstRow"`
}

// ImportPreviewRequest asks what an import would do with these settings. The
// answer is an Import.
type ImportPreviewRequest struct {
	Settings ImportSettings `json:"settings"`
}

// ImportRows is a page of what became of the rows of an import, in the order of
// the file.
type ImportRows struct {
	Rows []ImportOutcome `json:"rows"`
	Next int             `json:"next,omitempty"` // give back as ?after=
}

// ImportOutcome is what became of one row.
type ImportOutcome struct {
	Row      int            `json:"row"`              // in the file, from 1
	Fate     string         `json:"fate"`             // created | matched | refused
	DealID   string         `json:"dealId,omitempty"` // not of a refused row, nor of a deal that you may not see any more
	Title    string         `json:"title"`
	Problems []ImportMisfit `json:"problems,omitempty"` // of a refused row
}

// ImportMisfit is one reason for which a row was refused.
type ImportMisfit struct {
	Column  string `json:"column"`  // its header, or the field it becomes; "": the row as a whole
	Text    string `json:"text"`    // the cell as in the file
	Problem string `json:"problem"` // reason key "problem.<reason>"
}
