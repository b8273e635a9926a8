// A login to an MS-TDS server by go-mssqldb: tds-client HOST PORT CAFILE.
package main

import (
	"database/sql"
	"fmt"
	"os"

	_ "github.com/denisenkom/go-mssqldb"
)

func main() {
	db, err := sql.Open("mssql", fmt.Sprintf("server=%s;port=%s;user id=lab;password=secret;encrypt=true;certificate=%s;dial timeout=3;connection timeout=3", os.Args[1], os.Args[2], os.Args[3]))
	if err == nil {
		err = db.Ping()
	}
	if err != nil {
		fmt.Println("error:", err)
	}
}
