//! From MariaDB to MySQL and back.
