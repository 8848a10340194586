-- Purpose: a table of the application, whose own Flyway creates it.
CREATE TABLE application_table (id integer);
