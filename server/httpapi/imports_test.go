package httpapi_test

import (
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"rapport/server/importer"
	"rapport/server/wire"
)

const opportunities = "opportunity_id,account,deal_stage,close_value\nA1,Acme,Won,10\nA2,=cmd(),Won,lots\n"

// upload sends a file as the admin.
func (o *office) upload(content string, header map[string]string) (*http.Response, string) {
	o.t.Helper()
	req := o.requestAs("admin", http.MethodPost, "/api/v1/imports", nil)
	req.Body, req.ContentLength = io.NopCloser(strings.NewReader(content)), int64(len(content))
	req.Header.Set("Content-Type", "text/csv")
	for k, v := range header {
		req.Header.Set(k, v)
	}
	return send(o.t, o.app, req)
}

func TestUploadsAreCheckedBeforeTheyAreRead(t *testing.T) {
	o := newOffice(t).staffed()
	for _, row := range []struct {
		rule    string
		content string
		header  map[string]string
		status  int
		reason  string
	}{
		{"a table is analysed", opportunities, nil, 201, ""},
		{"a file of no declared kind is taken", opportunities, map[string]string{"Content-Type": "application/octet-stream"}, 201, ""},
		{"what a form of another site can send is not", opportunities, map[string]string{"Content-Type": "text/plain"}, 415, "content_type"},
		{"nor a form", opportunities, map[string]string{"Content-Type": "multipart/form-data; boundary=x"}, 415, "content_type"},
		{"nor anything packed", opportunities, map[string]string{"Content-Encoding": "gzip"}, 415, "content_encoding"},
		{"a name that cannot be decoded is named", opportunities, map[string]string{"X-File-Name": "%zz"}, 400, "invalid"},
		{"a foreign origin is refused", opportunities, map[string]string{"Origin": "https://evil.example"}, 403, "origin"},
		{"one byte too many is refused", strings.Repeat("x", importer.MaxFileBytes+1), nil, 413, "too_large"},
		{"a broken table is refused with its row", "a,b\n\"1,2\n", nil, 400, "unterminated_quote"},
	} {
		t.Run(row.rule, func(t *testing.T) {
			res, body := o.upload(row.content, row.header)
			if res.StatusCode != row.status || row.reason != "" && !strings.Contains(body, `"reason":"`+row.reason+`"`) {
				t.Errorf("%d %s", res.StatusCode, body)
			}
		})
	}
}

func TestAFileIsImportedOverHTTP(t *testing.T) {
	o := newOffice(t).staffed()
	res, body := o.upload(opportunities, map[string]string{"X-File-Name": "..%2F%D1%81%D0%B4%D0%B5%D0%BB%D0%BA%D0%B8%22.csv"})
	var v wire.Import
	if err := json.Unmarshal([]byte(body), &v); err != nil || res.StatusCode != http.StatusCreated || v.Name != "сделки.csv" {
		t.Fatalf("%d %q %v", res.StatusCode, body, err)
	}
	res, body = o.as("admin", http.MethodPost, "/api/v1/imports/"+v.ID+"/preview", fields{"settings": v.Settings})
	if res.StatusCode != http.StatusOK || !strings.Contains(body, `"not_money"`) {
		t.Errorf("preview %d %s", res.StatusCode, body)
	}
	res, body = o.as("admin", http.MethodPost, "/api/v1/commands/import.start", command(fields{"id": v.ID, "settings": v.Settings}))
	if res.StatusCode != http.StatusOK {
		t.Fatalf("start %d %s", res.StatusCode, body)
	}
	deadline := time.Now().Add(20 * time.Second)
	for v.State != wire.ImportDone && time.Now().Before(deadline) {
		_, body = o.as("admin", http.MethodGet, "/api/v1/imports/"+v.ID, nil)
		if err := json.Unmarshal([]byte(body), &v); err != nil {
			t.Fatal(err)
		}
	}
	if v.Counts != (wire.ImportCounts{Total: 2, Done: 2, Created: 1, Refused: 1}) {
		t.Errorf("counts %+v", v.Counts)
	}
	res, body = o.as("admin", http.MethodGet, "/api/v1/imports/"+v.ID+"/result", nil)
	if want := `attachment; filename="______-result.csv"; filename*=UTF-8''%D1%81%D0%B4%D0%B5%D0%BB%D0%BA%D0%B8-result.csv`; res.Header.Get("Content-Disposition") != want {
		t.Errorf("disposition %s", res.Header.Get("Content-Disposition"))
	}
	if !strings.Contains(body, "'=cmd()") || !strings.Contains(body, "close_value: not_money") || strings.Contains(body, ",=cmd") {
		t.Errorf("result %s", body)
	}
	_, body = o.as("admin", http.MethodGet, "/api/v1/imports/"+v.ID+"/rows?fate=refused", nil)
	if want := `{"rows":[{"row":3,"fate":"refused","title":"=cmd()","problems":[{"column":"close_value","text":"lots","problem":"not_money"}]}]}`; body != want {
		t.Errorf("rows %s, want %s", body, want)
	}
	if res, _ := o.as("admin", http.MethodGet, "/api/v1/imports/"+v.ID+"/rows?fate=eaten", nil); res.StatusCode != http.StatusBadRequest {
		t.Errorf("an unknown fate: %d", res.StatusCode)
	}
	if res, _ := o.as("head", http.MethodGet, "/api/v1/imports/"+v.ID+"/result", nil); res.StatusCode != http.StatusNotFound {
		t.Errorf("somebody else gets %d", res.StatusCode)
	}
}
