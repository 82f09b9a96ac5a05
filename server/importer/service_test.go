package importer_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"rapport/server/crm"
	"rapport/server/identity"
	"rapport/server/importer"
	"rapport/server/wire"
	"rapport/server/workspace"
)

const header = "opportunity_id,sales_agent,product,account,deal_stage,engage_date,close_date,close_value\n"

// generated makes a file of n opportunities, like the public one.
func generated(n int) string {
	var b strings.Builder
	b.WriteString(header)
	stages := []string{"Won", "Lost", "Engaging", "Prospecting"}
	for i := range n {
		stage := stages[i%4]
		started, closed, value := "2026-01-05", "", ""
		if i%4 < 2 {
			closed, value = "2026-02-17", fmt.Sprint((1-i%4)*(100+i))
		}
		if i%4 == 3 {
			started = ""
		}
		fmt.Fprintf(&b, "D%06d,Agent %d,Lamp %d,Customer %d,%s,%s,%s,%s\n", i, i%12, i%7, i%85, stage, started, closed, value)
	}
	return b.String()
}

func TestGeneratedFile(t *testing.T) {
	const n = 8800
	o := newOffice(t)
	v := o.load("deals.csv", generated(n))
	if v.State != wire.ImportDone || v.Counts != (wire.ImportCounts{Total: n, Done: n, Created: n}) {
		t.Fatalf("%s %+v", v.State, v.Counts)
	}
	got := funnel(o)
	sum := int64(0)
	for i := 0; i < n; i += 4 {
		sum += int64(100+i) * 100
	}
	want := map[string]stageTruth{
		"Won": {Deals: n / 4, Sum: sum}, "Lost": {Deals: n / 4},
		"Engaging": {Deals: n / 4, NoCloseDate: n / 4}, "Prospecting": {Deals: n / 4, NoStart: n / 4, NoCloseDate: n / 4},
	}
	for name, w := range want {
		if got[name] != w {
			t.Errorf("%s: %+v, want %+v", name, got[name], w)
		}
	}
	o.read(func(s *workspace.State) {
		seen := map[string]bool{}
		s.Each(crm.TypeDeal, func(rec crm.Record) bool {
			key := rec.Fields.String(crm.KeyStage) + rec.Fields.String("order")
			if seen[key] {
				t.Errorf("two deals at the same place %s", key)
			}
			seen[key] = true
			return true
		})
	})
}

func TestTheSameFileTwiceMakesNothingNew(t *testing.T) {
	for rule, file := range map[string]string{
		"with ids":    generated(120),
		"without ids": "title,account,amount\nA,Acme,1\nB,Acme,2\nB,Acme,2\n",
	} {
		t.Run(rule, func(t *testing.T) {
			o := newOffice(t)
			first := o.load("deals.csv", file)
			deals, customers, people := o.count(crm.TypeDeal), o.count(crm.TypeCustomer), o.count(crm.TypeUser)
			again := o.upload("copy.csv", file)
			if again.SameAs != first.ID {
				t.Errorf("same as %q, want %q", again.SameAs, first.ID)
			}
			if f := again.Analysis.Forecast; f.Counts.Created != 0 || f.Customers != 0 {
				t.Errorf("forecast %+v", f)
			}
			o.begin(again)
			again = o.finish(again.ID)
			if again.Counts.Created != 0 || again.Counts.Matched != first.Counts.Created {
				t.Errorf("counts %+v", again.Counts)
			}
			if o.count(crm.TypeDeal) != deals || o.count(crm.TypeCustomer) != customers || o.count(crm.TypeUser) != people {
				t.Errorf("deals %d → %d, customers %d → %d", deals, o.count(crm.TypeDeal), customers, o.count(crm.TypeCustomer))
			}
		})
	}
}

func TestTheForecastSaysWhatAFileOfKnownDealsWouldChange(t *testing.T) {
	const known = "id,title,amount,next step\nA,Awning,1,Call\nB,Beacon,,\nC,Canvas,3,\n"
	for _, tt := range []struct {
		name, file       string
		created, changed int
	}{
		{"the same values change nothing", known, 0, 0},
		{"other values change nothing either: nothing is overwritten", "id,title,amount,next step\nA,Awnings,9,Visit\n", 0, 0},
		{"values that are missing are filled in", "id,title,amount,next step\nA,Awning,1,Call\nB,Beacon,2,Visit\nC,Canvas,3,Call\n", 0, 2},
		{"a deal with two rows counts once", "id,title,amount,next step\nB,Beacon,2,\nB,Beacon,,Visit\n", 0, 1},
		{"beside new ones", "id,title,amount,next step\nB,Beacon,2,\nD,Dinghy,4,\n", 1, 1},
	} {
		t.Run(tt.name, func(t *testing.T) {
			o := newOffice(t)
			o.load("deals.csv", known)
			before := o.deals()
			v := o.upload("again.csv", tt.file)
			if f := v.Analysis.Forecast; f.Counts.Created != tt.created || f.Completed != tt.changed {
				t.Fatalf("forecast %+v", f)
			}
			o.begin(v)
			o.finish(v.ID)
			created, changed := 0, 0
			for id, deal := range o.deals() {
				if old, ok := before[id]; !ok {
					created++
				} else if old != deal {
					changed++
				}
			}
			if created != tt.created || changed != tt.changed {
				t.Errorf("%d created and %d changed", created, changed)
			}
		})
	}
}

func TestOneUndoTakesAllBackAndTheFileCanBeImportedAgain(t *testing.T) {
	o := newOffice(t)
	count := func() []int {
		return []int{o.count(crm.TypeDeal), o.count(crm.TypeCustomer), o.count(crm.TypePipeline), o.count(crm.TypeBoard), o.count(crm.TypeUser)}
	}
	before := count()
	v := o.load("deals.csv", generated(1200))
	full := count()
	o.undo(v.ID)
	if after := count(); !slices.Equal(after, before) {
		t.Errorf("after undo %v, want %v", after, before)
	}
	v, err := o.imports.Get(t.Context(), o.ana, crm.ID(v.ID))
	if err != nil || !v.Undone || v.State != wire.ImportDone {
		t.Errorf("undone %v, state %s, %v", v.Undone, v.State, err)
	}
	o.undo(v.UndoneBy)
	back, err := o.imports.Get(t.Context(), o.ana, crm.ID(v.ID))
	if after := count(); err != nil || !slices.Equal(after, full) || back.Undone {
		t.Errorf("brought back %v, want %v; undone %v, %v", after, full, back.Undone, err)
	}
	o.undo(v.ID)
	if after := count(); !slices.Equal(after, before) {
		t.Errorf("after the second undo %v, want %v", after, before)
	}
	o.load("deals.csv", generated(1200))
	if again := count(); !slices.Equal(again, full) {
		t.Errorf("imported again %v, want %v", again, full)
	}
}

func TestUndoLeavesWhatADealMadeByHandHangsOn(t *testing.T) {
	o := newOffice(t)
	v := o.load("deals.csv", generated(200))
	var imported crm.Record
	o.read(func(st *workspace.State) {
		st.Each(crm.TypeDeal, func(rec crm.Record) bool {
			imported = rec
			return imported.Fields.ID("customerId") == "" || imported.Fields.ID(crm.KeyOwner) == ""
		})
	})
	byHand := crm.NewID(time.Now())
	_, err := o.ws.Commit(t.Context(), workspace.Command{Name: "test", Actor: crm.System, Plan: func(tx *workspace.Tx) error {
		return tx.Create(crm.TypeDeal, byHand, imported.Fields.With(crm.Pack(crm.Fields{"title": "By hand"}), []string{"externalId"}).Unpack())
	}})
	if err != nil {
		t.Fatal(err)
	}
	o.undo(v.ID)
	o.read(func(st *workspace.State) {
		for what, id := range map[string]crm.ID{
			"its customer": imported.Fields.ID("customerId"), "its owner": imported.Fields.ID(crm.KeyOwner),
			"its pipeline": imported.Fields.ID(crm.KeyPipeline), "the deal itself": byHand,
		} {
			if rec, ok := st.Get(id); !ok || !rec.Exists() {
				t.Errorf("%s is gone", what)
			}
		}
		if boards := slices.DeleteFunc(st.Linked(imported.Fields.ID(crm.KeyPipeline)), func(r crm.Record) bool { return r.Type != crm.TypeBoard }); len(boards) != 1 {
			t.Errorf("%d boards of its pipeline", len(boards))
		}
	})
	if n := o.count(crm.TypeDeal); n != 1 {
		t.Errorf("%d deals are left", n)
	}
	if n := o.count(crm.TypeCustomer); n != 1 {
		t.Errorf("%d customers are left", n)
	}
}

func TestMatchedDealsGetWhatTheyLackAndKeepWhatTheyHave(t *testing.T) {
	o := newOffice(t)
	o.load("a.csv", "opportunity_id,title,deal_stage,amount\nX1,First,New,100\n")
	v := o.load("b.csv", "opportunity_id,title,deal_stage,amount,product\nX1,Other,New,200,Lamp\nX2,Second,New,1,\nX2,Twice,New,2,\n")
	if v.Counts.Created != 1 || v.Counts.Matched != 2 {
		t.Errorf("counts %+v", v.Counts)
	}
	deal := o.deals()["X1"]
	if m, _ := deal.Money("amount"); deal.String("title") != "First" || m.Amount != 10000 || deal.String("product") != "Lamp" {
		t.Errorf("deal %v", deal)
	}
	o.undo(v.ID)
	if deal := o.deals()["X1"]; deal.Has("product") {
		t.Errorf("undo left %v", deal)
	}
	matchesOnly := o.load("c.csv", "opportunity_id,title,deal_stage,product\nX1,Other,New,Lamp\n")
	o.undo(matchesOnly.ID)
	if nothing := o.load("d.csv", "opportunity_id,title,deal_stage\nX1,First,New\n"); nothing.Undoable || nothing.Undone {
		t.Errorf("an import that wrote nothing: %+v", nothing)
	}
	if refused := o.load("e.csv", "opportunity_id,deal_stage,owner,amount\nX9,New,Somebody new,lots\n"); !refused.Undoable {
		t.Errorf("an import that made a person and no deal: %+v", refused)
	}
	list, err := o.imports.List(t.Context(), o.ana)
	var undone []bool
	for _, v := range list.Imports {
		undone = append(undone, v.Undone)
	}
	if err != nil || !slices.Equal(undone, []bool{false, false, true, true, false}) {
		t.Errorf("undone, newest first: %v, %v", undone, err)
	}
}

func TestBadRowsAreRefusedWithReasonsAndHarmNoOthers(t *testing.T) {
	o := newOffice(t)
	file := header +
		"1,Ana Petrova,Lamp,Acme,Won,2026-01-05,2026-02-01,100\n" + // fine
		"2,Ana Petrova,Lamp,Acme,Won,2026-13-05,2026-02-01,100\n" + // date
		"3,Ana Petrova,Lamp,Acme,Won,2026-01-05,2026-02-01,lots\n" + // amount
		"4,Ana Petrova,Lamp\n" + // ragged
		"5,Ana Petrova,Lamp,Acme,Won,2026-01-05,2026-02-01,1,2\n" + // ragged
		"6,Ana Petrova,\"La\x00mp\",Acme,Won,2026-01-05,2026-02-01,1\n" +
		"7,Ana Petrova," + strings.Repeat("x", 600) + ",Acme,Won,2026-01-05,2026-02-01,1\n" +
		",,,,Won,2026-01-05,2026-02-01,1\n" + // nothing to call it by
		"\n" +
		"=9,Ana Petrova,=HYPERLINK(1),@Acme,Won,2026-01-05,2026-02-01,NaN\n"
	v := o.upload("bad.csv", file)
	if f := v.Analysis.Forecast.Counts; f.Created != 1 || f.Refused != 8 || f.Total != 9 {
		t.Errorf("forecast %+v", f)
	}
	if row := v.Analysis.Rows[1]; row.Row != 3 || row.Fate != "refuse" || row.Cells[5].Problem != "not_a_date" || row.Cells[5].Text != "2026-13-05" {
		t.Errorf("preview of row 3: %+v", row)
	}
	o.begin(v)
	v = o.finish(v.ID)
	if v.Counts != (wire.ImportCounts{Total: 9, Done: 9, Created: 1, Refused: 8}) || o.count(crm.TypeDeal) != 1 || o.count(crm.TypeCustomer) != 1 {
		t.Errorf("counts %+v, %d deals", v.Counts, o.count(crm.TypeDeal))
	}
	rows := o.result(v.ID)
	problems := map[string]string{}
	for _, row := range rows[1:] {
		problems[row[0]] = row[1] + " " + row[4]
	}
	want := map[string]string{
		"2": "created ", "3": "refused engage_date: not_a_date", "4": "refused close_value: not_money",
		"5": "refused row: too_few_cells", "6": "refused row: too_many_cells", "7": "refused product: bad_characters",
		"8": "refused product: too_long", "9": "refused row: no_title", "11": "refused close_value: not_money",
	}
	for row, w := range want {
		got := problems[row]
		if got != w {
			t.Errorf("row %s: %q, want %q", row, got, w)
		}
	}
	for _, row := range rows {
		for _, cell := range row {
			if cell != "" && strings.ContainsAny(cell[:1], "=+-@") {
				t.Errorf("the result holds the formula %q", cell)
			}
		}
	}
	page, err := o.imports.Rows(t.Context(), o.ana, crm.ID(v.ID), importer.RowsArgs{Fate: "refused", Limit: 2})
	misfit := wire.ImportMisfit{Column: "engage_date", Text: "2026-13-05", Problem: "not_a_date"}
	if err != nil || len(page.Rows) != 2 || page.Next != 4 || page.Rows[0].Row != 3 || !slices.Contains(page.Rows[0].Problems, misfit) {
		t.Errorf("%+v, %v", page, err)
	}
	page, err = o.imports.Rows(t.Context(), o.ana, crm.ID(v.ID), importer.RowsArgs{After: page.Next, Limit: 50})
	if err != nil || len(page.Rows) != 6 || page.Next != 0 || page.Rows[0].Row != 5 {
		t.Errorf("the rest: %+v, %v", page, err)
	}
}

func TestFilesThatCannotBeReadLeaveNothing(t *testing.T) {
	o := newOffice(t)
	for _, row := range []struct{ rule, content, reason string }{
		{"empty", "", "file_empty"},
		{"a header only", header, "file_no_rows"},
		{"an unterminated quote", header + "1,\"Ana\n", "unterminated_quote"},
		{"too large", header + strings.Repeat("x", importer.MaxFileBytes), "too_large"},
		{"a workbook", "PK\x03\x04", "workbook"},
		{"201 columns", strings.Repeat("a,", 200) + "b\n1\n", "too_many_columns"},
	} {
		t.Run(row.rule, func(t *testing.T) {
			_, err := o.imports.Upload(t.Context(), o.ana, "x.csv", strings.NewReader(row.content))
			if reasonOf(err) != row.reason {
				t.Errorf("got %v, want %s", err, row.reason)
			}
		})
	}
	if n := o.count(crm.TypeImport); n != 0 {
		t.Errorf("%d imports are kept", n)
	}
}

func TestSettingsThatMakeNoSenseAreRefusedByName(t *testing.T) {
	o := newOffice(t)
	v := o.upload("deals.csv", "title,when,amount\nA,3/4/2026,1\nB,5/6/2026,2\n")
	for _, row := range []struct {
		rule  string
		spoil func(*wire.ImportSettings)
		field string
	}{
		{"an unknown field", func(s *wire.ImportSettings) { s.Columns[1].Field = "$where" }, "settings.columns.1"},
		{"a field of the server's own", func(s *wire.ImportSettings) { s.Columns[1].Field = "stageId" }, "settings.columns.1"},
		{"a prototype key", func(s *wire.ImportSettings) { s.Columns[1].Field = "__proto__" }, "settings.columns.1"},
		{"a field twice", func(s *wire.ImportSettings) { s.Columns[1].Field = "title" }, "settings.columns.1"},
		{"dates that can be read both ways", func(s *wire.ImportSettings) { s.Columns[1].Field = "startedOn" }, "settings.columns.1.dateOrder"},
		{"nothing to name a deal by", func(s *wire.ImportSettings) { s.Columns[0].Field = "" }, "settings.columns"},
		{"a pipeline that is not there", func(s *wire.ImportSettings) { s.PipelineID = string(crm.NewID(time.Now())) }, "settings.pipelineId"},
		{"a department that is not there", func(s *wire.ImportSettings) { s.DepartmentID = "x" }, "settings.departmentId"},
		{"a currency that is none", func(s *wire.ImportSettings) { s.Currency = "usd" }, "settings.currency"},
		{"an owner who is nobody", func(s *wire.ImportSettings) {
			s.Columns[1].Field = "owner"
			s.People = []wire.ImportPerson{{Name: "3/4/2026", UserID: string(crm.NewID(time.Now()))}}
		}, "settings.people.3/4/2026"},
		{"an unknown choice of owners", func(s *wire.ImportSettings) { s.Owners = "everybody" }, "settings.owners"},
		{"a name that no pipeline may have", func(s *wire.ImportSettings) {
			s.PipelineID, s.PipelineName = "", strings.Repeat("Sales ", 30)
		}, "settings.pipelineName"},
		{"an unknown delimiter", func(s *wire.ImportSettings) { s.Delimiter = "ab" }, "settings.delimiter"},
		{"a header far down", func(s *wire.ImportSettings) { s.HeaderRow = 1000 }, "settings.headerRow"},
	} {
		t.Run(row.rule, func(t *testing.T) {
			set := v.Settings
			set.Columns = slices.Clone(set.Columns)
			row.spoil(&set)
			_, err := o.imports.Start(t.Context(), o.command("import.start"), importer.StartArgs{ID: crm.ID(v.ID), Settings: set})
			if crm.CodeOf(err) != crm.CodeInvalid || !strings.Contains(fmt.Sprint(err), row.field+":") {
				t.Errorf("got %v, want %s", err, row.field)
			}
		})
	}
	set := v.Settings
	set.Columns[1] = wire.ImportColumn{Field: "startedOn", DateOrder: wire.OrderDMY}
	shown, err := o.imports.Preview(t.Context(), o.ana, crm.ID(v.ID), set)
	if err != nil || shown.Analysis.Rows[0].Cells[1].Value != "2026-04-03" {
		t.Errorf("preview %+v %v", shown.Analysis, err)
	}
}

// [D10] [D14]
func TestAnImportIsThereForItsImporterOnly(t *testing.T) {
	o := newOffice(t)
	link, err := o.people.CreateInvitation(t.Context(), o.ana, identity.Invite{Email: "bo@example.com", Name: "Bo", DepartmentID: o.root, Role: "admin"})
	if err != nil {
		t.Fatal(err)
	}
	grant, err := o.people.Accept(t.Context(), identity.Acceptance{Token: link.Token, Name: "Bo", Password: "a password of Bo", Language: "en"}, browser)
	if err != nil {
		t.Fatal(err)
	}
	bo, err := o.people.Authenticate(t.Context(), grant.Token)
	if err != nil {
		t.Fatal(err)
	}
	v := o.upload("deals.csv", generated(3))
	id := crm.ID(v.ID)
	ctx := t.Context()
	_, errGet := o.imports.Get(ctx, bo, id)
	_, errPreview := o.imports.Preview(ctx, bo, id, v.Settings)
	cmd := workspace.Command{Name: "import.start", Actor: bo}
	_, errStart := o.imports.Start(ctx, cmd, importer.StartArgs{ID: id, Settings: v.Settings})
	_, errCancel := o.imports.Cancel(ctx, cmd, importer.IDArgs{ID: id})
	_, _, errResult := o.imports.Result(ctx, bo, id)
	for what, err := range map[string]error{"get": errGet, "preview": errPreview, "start": errStart, "cancel": errCancel, "result": errResult} {
		if crm.CodeOf(err) != crm.CodeNotFound {
			t.Errorf("%s: %v", what, err)
		}
	}
	if list, err := o.imports.List(ctx, bo); err != nil || len(list.Imports) != 0 {
		t.Errorf("list %v %v", list, err)
	}
}

// The department of the import is closed to him by the time its turn comes.
func TestAnImportThatCannotBeginEndsAndHarmsNobody(t *testing.T) {
	o := newOffice(t)
	v := o.upload("deals.csv", generated(3))
	if _, err := o.ws.Commit(t.Context(), workspace.Command{Name: "test", Actor: crm.System, Plan: func(tx *workspace.Tx) error {
		// As it stands when the server stopped after the start.
		if err := tx.Edit(crm.ID(v.ID), crm.Fields{"state": string(wire.ImportRunning)}, nil); err != nil {
			return err
		}
		var held []crm.ID
		tx.Each(crm.TypeMembership, func(rec crm.Record) bool { held = append(held, rec.ID); return true })
		for _, id := range held {
			if err := tx.Edit(id, crm.Fields{"role": "guest"}, nil); err != nil {
				return err
			}
		}
		return nil
	}}); err != nil {
		t.Fatal(err)
	}
	if err := o.imports.Resume(t.Context()); err != nil {
		t.Fatal(err)
	}
	if v = o.finish(v.ID); v.State != wire.ImportFailed || v.Problem != "forbidden" || o.count(crm.TypeDeal) != 0 {
		t.Errorf("%s %s, %d deals", v.State, v.Problem, o.count(crm.TypeDeal))
	}
}

func TestAFaultEndsTheImportAndItsImporterIsToldHowFarItCame(t *testing.T) {
	o := newOffice(t)
	v := o.upload("deals.csv", generated(500))
	o.each = func(p wire.Progress) {
		if p.Done > 0 && p.State == string(wire.ImportRunning) {
			panic("a fault")
		}
	}
	o.begin(v)
	told := <-o.end(crm.ID(v.ID))
	if told.State != string(wire.ImportFailed) || told.Created == 0 || told.Created != o.count(crm.TypeDeal) {
		t.Errorf("told %+v of %d deals", told, o.count(crm.TypeDeal))
	}
	o.end(crm.ID(v.ID)) <- told
	if v = o.finish(v.ID); v.State != wire.ImportFailed || v.Problem != "internal" || v.Counts.Created != told.Created || !v.Undoable {
		t.Errorf("%s %s %+v, undoable: %v", v.State, v.Problem, v.Counts, v.Undoable)
	}
}

func TestCancelStopsBetweenTwoPartsAndKeepsWhatIsThere(t *testing.T) {
	o := newOffice(t)
	v := o.upload("deals.csv", generated(5000))
	cancelled := false
	o.each = func(p wire.Progress) {
		if p.Done > 0 && !cancelled {
			cancelled = true
			if _, err := o.imports.Cancel(context.Background(), o.command("import.cancel"), importer.IDArgs{ID: crm.ID(v.ID)}); err != nil {
				t.Error(err)
			}
		}
	}
	o.begin(v)
	v = o.finish(v.ID)
	if v.State != wire.ImportCancelled || v.Counts.Created == 0 || v.Counts.Created >= 5000 || o.count(crm.TypeDeal) != v.Counts.Created {
		t.Errorf("%s %+v, %d deals", v.State, v.Counts, o.count(crm.TypeDeal))
	}
	o.undo(v.ID)
	if o.count(crm.TypeDeal) != 0 {
		t.Error("undo left deals")
	}
}

func TestAnInterruptedImportGoesOnAndDoublesNothing(t *testing.T) {
	const n = 4000
	o := newOffice(t)
	v := o.upload("deals.csv", generated(n))
	stop := make(chan struct{})
	o.each = func(p wire.Progress) {
		if p.Done > n/4 {
			select {
			case <-stop:
			default:
				close(stop)
			}
		}
	}
	o.begin(v)
	<-stop
	o.imports.Close() // as a server that goes down
	if got := o.count(crm.TypeDeal); got == 0 || got >= n {
		t.Fatalf("%d deals when interrupted", got)
	}
	o.open()
	if err := o.imports.Resume(t.Context()); err != nil {
		t.Fatal(err)
	}
	v = o.finish(v.ID)
	if v.State != wire.ImportDone || v.Counts.Created != n || o.count(crm.TypeDeal) != n || o.count(crm.TypeCustomer) != 85 {
		t.Errorf("%s %+v, %d deals, %d customers", v.State, v.Counts, o.count(crm.TypeDeal), o.count(crm.TypeCustomer))
	}
}

// [C10]
func TestALonelyMoveWaitsOnlyForAPartOfAnImport(t *testing.T) {
	o := newOffice(t)
	v := o.upload("deals.csv", generated(6000))
	var slowest time.Duration
	o.each = func(p wire.Progress) {
		if p.State != string(wire.ImportRunning) || p.Done == 0 {
			return
		}
		began := time.Now()
		_, err := o.ws.Commit(context.Background(), workspace.Command{Name: "test", Actor: crm.System, Plan: func(tx *workspace.Tx) error {
			return tx.Create(crm.TypeCustomer, tx.NewID(), crm.Fields{"name": "Somebody else's"})
		}})
		if err != nil {
			t.Error(err)
		}
		slowest = max(slowest, time.Since(began))
	}
	o.begin(v)
	o.finish(v.ID)
	if slowest > 2*time.Second {
		t.Errorf("somebody else waited %v", slowest)
	}
}

func TestUploadsThatNobodyImportsMakeRoom(t *testing.T) {
	o := newOffice(t)
	for i := range 13 {
		o.upload(fmt.Sprintf("%d.csv", i), generated(2))
	}
	list, err := o.imports.List(t.Context(), o.ana)
	if err != nil || len(list.Imports) != 10 || list.Imports[0].Name != "12.csv" {
		t.Errorf("%d imports are kept, %v", len(list.Imports), err)
	}
}

func TestLargeFile(t *testing.T) {
	if testing.Short() {
		t.Skip("takes seconds")
	}
	const n = 20_000
	o := newOffice(t)
	v := o.upload("large.csv", generated(n))
	began := time.Now()
	o.begin(v)
	v = o.finish(v.ID)
	t.Logf("%d rows in %v", n, time.Since(began))
	if v.Counts.Created != n {
		t.Errorf("counts %+v", v.Counts)
	}
}
