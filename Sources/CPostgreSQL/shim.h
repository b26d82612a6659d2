#ifndef CPOSTGRESQL_SHIM_H
#define CPOSTGRESQL_SHIM_H

#include <postgresql/libpq-fe.h>

/// `PG_DIAG_SQLSTATE` and its like are character constants, which Swift imports with a type that no call takes.
static inline const char *cpostgresql_sqlstate(const PGresult *result) {
    return PQresultErrorField(result, PG_DIAG_SQLSTATE);
}

/// Not translated, unlike `PG_DIAG_SEVERITY`: `ERROR`, `WARNING`, `NOTICE`...; none from a server older than 9.6.
static inline const char *cpostgresql_severity(const PGresult *result) {
    return PQresultErrorField(result, PG_DIAG_SEVERITY_NONLOCALIZED);
}

static inline const char *cpostgresql_message(const PGresult *result) {
    return PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY);
}

#endif
