package sqlitestore_test

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"

	"rapport/server/sqlitestore"
)

// childDir names the folder that a second process, this test binary run again,
// is to open.
const childDir = "RAPPORT_TEST_CHILD_DIR"

func TestMain(m *testing.M) {
	if dir := os.Getenv(childDir); dir != "" {
		task := openAndWait
		if name := os.Getenv(childTask); name != "" {
			task = childTasks[name]
		}
		task(dir)
		return
	}
	os.Exit(m.Run())
}

// childTask names what the second process does, if not openAndWait.
const childTask = "RAPPORT_TEST_CHILD_TASK"

// childTasks are filled where a system can do them.
var childTasks = map[string]func(dir string){}

// openAndWait says what became of opening and holds the store until its input ends.
func openAndWait(dir string) {
	if _, err := sqlitestore.Open(context.Background(), dir, sqlitestore.Options{}); err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println("opened")
	_, _ = io.Copy(io.Discard, os.Stdin)
}

// secondProcess opens dir in another process and returns what that says.
func secondProcess(t *testing.T, dir string) (said string, process *exec.Cmd) {
	t.Helper()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), childDir+"="+dir)
	stdin, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = stdin.Close()
		_ = cmd.Wait()
	})
	line, err := bufio.NewReader(stdout).ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	return strings.TrimSpace(line), cmd
}

// [A10] Two processes would each write their own log into one file.
func TestASecondProcessIsRefused(t *testing.T) {
	dir := t.TempDir()
	first := openAt(t, dir)
	said, _ := secondProcess(t, dir)
	for _, want := range []string{dir, "process " + strconv.Itoa(os.Getpid()), "in use"} {
		if !strings.Contains(said, want) {
			t.Errorf("[A10] the second process says %q, which lacks %q", said, want)
		}
	}
	if err := first.Close(); err != nil {
		t.Fatal(err)
	}
	if said, _ := secondProcess(t, dir); said != "opened" {
		t.Errorf("after the first has closed, the second says %q", said)
	}
}

func TestAKilledProcessLeavesNoLock(t *testing.T) {
	dir := t.TempDir()
	said, process := secondProcess(t, dir)
	if said != "opened" {
		t.Fatal(said)
	}
	if _, err := sqlitestore.Open(t.Context(), dir, sqlitestore.Options{}); err == nil {
		t.Fatal("opened while another process holds the folder")
	}
	if err := process.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = process.Wait()
	if err := openAt(t, dir).Close(); err != nil {
		t.Error(err)
	}
}
